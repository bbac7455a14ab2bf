import { makePodStage } from '/work/wt/ways2/test/troubleshooting/happen/running.ts';
const t = Date.now();
const stage = await makePodStage();
for (const [way, seen] of Object.entries(stage.seen)) {
  console.log(`\n=== ${way}`);
  try {
    for (const [viewer, text] of Object.entries(await seen))
      console.log(
        `--- ${viewer}\n${(text as string)
          .trim()
          .split('\n')
          .filter((l) => !l.includes('"level":"info"') || !l.includes('starting'))
          .join('\n')}`,
      );
  } catch (error) {
    console.log('FAILED', error);
  }
}
console.error('took', Date.now() - t);
await stage.end();
process.exit();
