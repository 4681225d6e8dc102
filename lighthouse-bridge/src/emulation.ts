import { defaultConfig, desktopConfig } from 'lighthouse';
import { defaultSettings } from 'lighthouse/core/config/constants.js';
import { emulate } from 'lighthouse/core/lib/emulation.js';
import type { Page } from 'puppeteer-core';

import type { AuditJob } from './job.ts';

export const CONFIGS = { mobile: defaultConfig, desktop: desktopConfig };

/** How wide the device's window is, in CSS pixels. */
export function windowWidth(device: AuditJob['device']): number {
    return settings(device).screenEmulation.width ?? 0;
}

/** Makes a page look as it does to Lighthouse, which a client can do for as long as its session lasts. */
export async function emulateDevice(page: Page, device: AuditJob['device']): Promise<void> {
    const session = await page.createCDPSession();
    const sendCommand = session.send.bind(session);
    await emulate({ sendCommand } as unknown as Parameters<typeof emulate>[0], settings(device));
}

function settings(device: AuditJob['device']) {
    return { ...defaultSettings, ...CONFIGS[device].settings };
}
