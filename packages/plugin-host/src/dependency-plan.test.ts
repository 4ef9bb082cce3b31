import { describe, expect, it } from 'vitest';
import { planDependencies } from './dependency-plan.ts';
import { definePlugin, type PluginDependencies } from './plugin.ts';

const plugin = (name: string, dependencies: PluginDependencies = {}, version = '1.0.0') =>
  definePlugin({ name, version, dependencies, activate: () => {} });

const plan = (...plugins: ReturnType<typeof plugin>[]) => {
  const { order, refused } = planDependencies(plugins, { posts: '2.1.0' });
  return {
    order: order.map(({ name }) => name),
    refused: Object.fromEntries([...refused].map(([name, error]) => [name, [error.code, error.message]])),
  };
};

describe('plugins that depend on each other', () => {
  it('come after what they depend on', () => {
    const planned = plan(plugin('likes', { comments: '^1.0.0' }), plugin('comments', { posts: '^2.0.0' }));

    expect(planned).toEqual({ order: ['comments', 'likes'], refused: {} });
  });

  it('keep their order where nothing depends', () => {
    expect(plan(plugin('b'), plugin('c'), plugin('a')).order).toEqual(['b', 'c', 'a']);
  });
});

describe('a dependency that is not met', () => {
  it('is named when it is missing', () => {
    expect(plan(plugin('comments', { users: '^1.0.0' }), plugin('other'))).toEqual({
      order: ['other'],
      refused: {
        comments: ['plugin_dependency_missing', 'comments 1.0.0 depends on users ^1.0.0, which is not here.'],
      },
    });
  });

  it('is named with the version that is here', () => {
    expect(plan(plugin('comments', { posts: '^3.0.0' })).refused).toEqual({
      comments: ['plugin_dependency_version', 'comments 1.0.0 depends on posts ^3.0.0, but 2.1.0 is here.'],
    });
  });

  it('takes its dependents with it', () => {
    expect(plan(plugin('likes', { comments: '*' }), plugin('comments', { users: '*' }))).toMatchObject({
      order: [],
      refused: { likes: ['plugin_dependency_inactive', expect.stringContaining('depends on comments')] },
    });
  });
});

describe('a cycle', () => {
  it('is named with its path, and leaves the others alone', () => {
    const planned = plan(
      plugin('outside', { a: '*' }),
      plugin('a', { b: '*' }),
      plugin('b', { c: '*' }),
      plugin('c', { a: '*' }),
      plugin('free'),
    );

    expect(planned.order).toEqual(['free']);
    for (const name of ['a', 'b', 'c'])
      expect(planned.refused[name]).toEqual(['plugin_dependency_cycle', 'A cycle: a → b → c → a.']);
    expect(planned.refused.outside?.[0]).toBe('plugin_dependency_inactive');
  });

  it('may be one plugin alone', () => {
    expect(plan(plugin('a', { a: '*' })).refused.a?.[1]).toBe('A cycle: a → a.');
  });
});

describe('a declaration that cannot be', () => {
  it.each([
    ['Comments', '1.0.0', {}],
    ['comments', 'one', {}],
    ['comments', '1.0.0', { posts: 'new' }],
  ])('is refused at once: %s %s %j', (name, version, dependencies) => {
    expect(() => plugin(name, dependencies as PluginDependencies, version)).toThrow(Error);
  });
});
