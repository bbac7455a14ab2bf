import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container } from '@rolechain/kit/pod.ts';
import { describeWay, readCode, TOKENS, useFixture } from './run-fixture.ts';

const fixture = useFixture();

describeWay('mount-namespace', () => {
  test('the app can’t write where it reads the token, nor see other roles or the base identity', async () => {
    const folder = join(fixture.volumes().paths.get('rolechain') ?? '', 'other');
    const code = `
      const attempt = (work) => { try { return work() } catch (error) { return error.code } };
      console.log(JSON.stringify([
        attempt(() => fs.writeFileSync('${TOKENS}/default/token', 'mine')),
        attempt(() => fs.readdirSync('${TOKENS}')),
        attempt(() => fs.readdirSync('/var/run/rolechain')),
      ]))`;
    const sidecar = await fixture.run('rolechain', `fs.mkdirSync('${TOKENS}/other')`);
    await sidecar.exited;
    expect(existsSync(folder)).toBe(true);
    const app = await fixture.run('app', code);
    await app.exited;
    expect(JSON.parse(app.stdout())).toEqual(['EROFS', ['default'], 'ENOENT']);
  });

  test('what the machine keeps in /run is still there', async () => {
    const app = await fixture.run(
      'app',
      `console.log(JSON.stringify(fs.readdirSync('/run').filter((name) => fs.existsSync('/run/' + name))))`,
    );
    await app.exited;
    const readable = (await readdir('/run')).filter((name) => name !== 'secrets' && existsSync(`/run/${name}`));
    expect(JSON.parse(app.stdout())).toEqual(expect.arrayContaining(readable));
  });

  test('one file of a volume can be mounted by subPath, also over a file elsewhere', async () => {
    const volume = fixture.volumes().paths.get('rolechain') ?? '';
    await writeFile(join(volume, 'file'), 'of the volume');
    const target = join(fixture.volumes().folder, 'elsewhere');
    await writeFile(target, 'of the machine');
    const mount = { name: 'rolechain', subPath: 'file' };
    const container: Container = {
      name: 'app',
      volumeMounts: [
        { ...mount, mountPath: '/run/deep/er/file' },
        { ...mount, mountPath: target },
        { ...mount, mountPath: '/no/such' },
      ],
    };
    const app = await fixture.run(container, `${readCode("'/run/deep/er/file'")};${readCode(`'${target}'`)}`);
    await app.exited;
    expect(app.stdout()).toBe('of the volumeof the volume');
    expect(await readFile(target, 'utf8')).toBe('of the machine');
    expect(app.notes).toEqual([
      'the mount at /no/such is left out: this machine has nothing at that path to mount onto',
    ]);
  });
});
