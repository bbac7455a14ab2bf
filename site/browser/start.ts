import puppeteer, { type Browser } from 'puppeteer-core';
import { NO_CHROMIUM, findChromium } from '../chromium.ts';

export async function startChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(NO_CHROMIUM);
  // Root has no sandbox, and a container a small /dev/shm.
  const args = ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  return puppeteer.launch({ executablePath, args, headless: true });
}
