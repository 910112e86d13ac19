import {
  compareModules,
  compareTwins,
  expectedTwin,
  tellDifferences,
  wayBack,
  wayBackOfTwin,
} from '../../domain/moves';

const rule = { tags: true, desired: true, reported: 'byPolicy', modules: true, ignore: [] } as const;
const was = { tags: { floor: 3 }, desired: { fps: 30, at: { room: 1 } }, reported: { firmware: '1.4', load: 7 } };

describe('comparing twins', () => {
  it('finds nothing where all has come along', () => {
    expect(compareTwins(expectedTwin('along', was, undefined), was, rule)).toEqual([]);
  });

  it('names what is missing, what is another, and tags and desired properties that are too many', () => {
    const actual = { tags: { wing: 'b' }, desired: { fps: 30, at: { room: 2 } }, reported: { firmware: '1.4' } };

    const differences = compareTwins(expectedTwin('along', was, undefined), actual, rule);

    expect(differences).toEqual([
      { path: 'tags.floor', expected: 3 },
      { path: 'tags.wing', actual: 'b' },
      { path: 'desired.at.room', expected: 1, actual: 2 },
      { path: 'reported.load', expected: 7 },
    ]);
  });

  it('does not mind what a device reports anew, nor what its agent says of the move', () => {
    const expected = expectedTwin('along', { ...was, reported: { provisioning: { at: 1 } } }, undefined);
    const actual = { ...was, reported: { provisioning: { at: 2 }, fresh: true } };

    expect(compareTwins(expected, actual, rule)).toEqual([]);
  });

  it('leaves out the sections and paths that it is told to', () => {
    const actual = { tags: {}, desired: { fps: 1, at: { room: 2 } }, reported: {} };
    const told = { ...rule, tags: false, reported: 'ignore', ignore: ['desired.fps', 'desired.at'] } as const;

    expect(compareTwins(expectedTwin('along', was, undefined), actual, told)).toEqual([]);
  });

  it('expects the initial twin where the policy resets, and asks for nothing reported', () => {
    const expected = expectedTwin('anew', was, { tags: { fresh: true } });

    expect(compareTwins(expected, { tags: { fresh: true }, desired: {}, reported: {} }, rule)).toEqual([]);
    expect(compareTwins(expected, was, rule).map(({ path }) => path)).toEqual([
      'tags.fresh',
      'tags.floor',
      'desired.fps',
      'desired.at',
    ]);
  });

  it('tells a few differences and counts the others', () => {
    const differences = ['a', 'b', 'c', 'd', 'e'].map((key) => ({ path: `tags.${key}`, expected: 1 }));

    expect(tellDifferences(differences, 'east')).toBe(
      'tags.a is nothing on east, should be 1; tags.b is nothing on east, should be 1; tags.c is nothing on east, should be 1; and 2 more',
    );
  });
});

describe('comparing modules', () => {
  const camera = { moduleId: 'camera', desired: { fps: 30 }, reported: { ready: true } };

  it('names a module that is not there, and what is another', () => {
    const other = { ...camera, desired: { fps: 10 } };

    expect(compareModules('along', [camera], [], rule)).toEqual([{ path: 'modules.camera', expected: 'a module' }]);
    expect(compareModules('along', [camera], [other], rule)).toEqual([
      { path: 'modules.camera.desired.fps', expected: 30, actual: 10 },
    ]);
  });

  it('asks nothing of modules where the policy resets or the spec says so', () => {
    expect(compareModules('anew', [camera], [], rule)).toEqual([]);
    expect(compareModules('along', [camera], [], { ...rule, modules: false })).toEqual([]);
    expect(compareModules('along', [camera], [], { ...rule, ignore: ['modules.camera'] })).toEqual([]);
  });
});

describe('the way back', () => {
  it('brings back what the move has changed, and takes out what it has added', () => {
    const left = { fresh: true, at: { room: 9, wing: 'b' } };

    expect(wayBack(left, { floor: 3, at: { room: 1 } }, left)).toEqual({
      patch: { fresh: null, floor: 3, at: { room: 1, wing: null } },
    });
  });

  it('leaves what others have added or changed where the move has not', () => {
    expect(wayBack({ floor: 3 }, { floor: 3 }, { floor: 4, note: 'x' })).toEqual({ patch: {} });
  });

  it('does nothing where all is back already', () => {
    expect(wayBack({ floor: 1 }, { floor: 3 }, { floor: 3 })).toEqual({ patch: {} });
  });

  it('names a place that the move has changed and somebody else after it', () => {
    expect(wayBack({ at: { room: 9 } }, { at: { room: 1 } }, { at: { room: 5 } })).toEqual({ changedAt: 'at.room' });
    expect(
      wayBackOfTwin(
        { tags: {}, desired: { fps: 10 } },
        { tags: {}, desired: { fps: 30 } },
        { tags: {}, desired: { fps: 5 } },
      ),
    ).toEqual({ changedAt: 'desired.fps' });
  });
});
