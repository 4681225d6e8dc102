/** What work comes to; `null` when that takes longer: a page that never stops computing leaves questions unanswered. */
export async function inTime<T>(work: Promise<T>, ms: number): Promise<T | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>(resolve => {
        timer = setTimeout(() => resolve(null), ms);
    });
    work.catch(() => {}); // what it says after that is of no use
    try {
        return await Promise.race([work, late]);
    } finally {
        clearTimeout(timer);
    }
}
