import { FailureWindow } from './failure-window.js';

describe('FailureWindow', () => {
  it('keeps one for each, and no more than so many', () => {
    const failureWindow = new FailureWindow(1_000, 3);
    for (const [i, client] of [...'abcabcdef'].entries()) failureWindow.cast(client, true, i);
    expect([failureWindow.count, failureWindow.failures]).toEqual([3, 3]);
    failureWindow.cast('f', false, 10);
    expect([failureWindow.count, failureWindow.failures]).toEqual([3, 2]);
  });

  it('lets them go after the window', () => {
    const failureWindow = new FailureWindow(1_000);
    failureWindow.cast('a', true, 0);
    failureWindow.cast('b', false, 1);
    failureWindow.cast('c', false, 999);
    expect([failureWindow.count, failureWindow.failures]).toEqual([3, 1]);
    failureWindow.cast('c', false, 1_000);
    expect([failureWindow.count, failureWindow.failures]).toEqual([2, 0]);
    failureWindow.clear();
    expect([failureWindow.count, failureWindow.failures]).toEqual([0, 0]);
  });
});
