import type { Result as Lhr } from 'lighthouse';
import { computeMedianRun, filterToValidRuns } from 'lighthouse/core/lib/median-run.js';

/** Takes away what nobody reads, which is most of its bytes. */
export function trim(lhr: Lhr): object {
    const { fullPageScreenshot: _screenshot, i18n: _i18n, timing, ...rest } = lhr;
    return { ...rest, timing: { total: timing.total } };
}

/** The runs, Lighthouse's median run first. It is chosen among those that have the metrics it looks at. */
export function medianFirst(runs: Lhr[]): Lhr[] {
    const valid = filterToValidRuns(runs);
    const median = valid.length > 0 ? computeMedianRun(valid) : runs[0];
    return median === undefined ? [] : [median, ...runs.filter(run => run !== median)];
}

/** The page when it was loaded, as JPEG. */
export function screenshot(lhr: Lhr): Buffer | null {
    const details = lhr.audits['final-screenshot']?.details;
    if (details?.type !== 'screenshot') return null;
    const base64 = /^data:image\/jpeg;base64,(.+)$/.exec(details.data)?.[1];
    return base64 === undefined ? null : Buffer.from(base64, 'base64');
}
