import { test, expect } from '@playwright/test';

test('the server answers', async ({ request, baseURL }) => {
  const answer = await request.get(baseURL!);
  expect(await answer.text()).toBe('hello');
});
