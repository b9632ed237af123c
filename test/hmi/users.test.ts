import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { logIn, useStage } from './pages.ts';

const PASSWORD = 'four words in a row';

const on = useStage();

/** The page of users, opened by the admin. */
async function openUsers(): Promise<Page> {
  const page = await on.open();
  await logIn(page);
  await page.getByText('Connected', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Account of admin' }).click();
  await page.getByRole('link', { name: 'Manage users' }).click();
  await page.getByRole('heading', { name: 'Users' }).waitFor();
  return page;
}

const entry = (page: Page, name: string) =>
  page.locator('.devices li').filter({ has: page.getByText(name, { exact: true }) });

describe('the page of users', () => {
  it('makes a user who can log in at once, changes the password and the rights, and removes the user', async () => {
    const page = await openUsers();
    await page.getByRole('button', { name: 'Add a user' }).click();
    await page.getByLabel('User name').fill('anna');
    await page.getByLabel('Password', { exact: true }).fill('anna1');
    await page.getByText('Among the first that are tried.').waitFor();
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByText('Good.', { exact: true }).waitFor();
    await page.getByLabel('Household').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await entry(page, 'anna').getByText('Household: sees values').waitFor();

    const phone = await on.open();
    await logIn(phone, PASSWORD, 'anna');
    await phone.getByText('Connected', { exact: true }).waitFor();
    await phone.getByRole('link', { name: 'Account of anna' }).click();
    assert.equal(await phone.getByRole('link', { name: 'Manage users' }).count(), 0);

    await page.getByRole('button', { name: 'Change anna' }).click();
    await page.getByLabel('Onlooker').check();
    await page.getByLabel('Password', { exact: true }).fill(`${PASSWORD} more`);
    await page.getByRole('button', { name: 'Save' }).click();
    await entry(page, 'anna').getByText('Onlooker: sees values').waitFor();
    // A changed password ends the sessions and the tokens of the user.
    await phone.getByLabel('Password', { exact: true }).waitFor();
    await logIn(phone, `${PASSWORD} more`, 'anna');
    await phone.getByText('Connected', { exact: true }).waitFor();

    const remove = entry(page, 'anna').getByRole('button', { name: 'Remove' });
    await remove.click();
    await remove.click();
    await entry(page, 'anna').waitFor({ state: 'detached' });
    await phone.getByLabel('Password', { exact: true }).waitFor();
  });

  it('tells rights that are of no group in words, and their names where somebody points', async () => {
    await on.stage.setRights('user', 'user,set-filter');
    const page = await openUsers();
    const words = entry(page, 'user').getByText('Household; choose which events arrive (filter)');
    assert.equal(await words.getAttribute('title'), 'user,set-filter');
  });

  it('does not offer to remove the last administrator, and says what the server refuses', async () => {
    const page = await openUsers();
    await entry(page, 'admin').getByText('The last administrator').waitFor();
    assert.equal(await entry(page, 'admin').getByRole('button', { name: 'Remove' }).count(), 0);
    await page.getByRole('button', { name: 'Change admin' }).click();
    await page.getByLabel('Onlooker').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').getByRole('alert').filter({ hasText: /\S/ }).waitFor();
  });

  it('asks a device that logged in by itself for the password', async () => {
    const page = await openUsers();
    await page.reload();
    await page.getByText('Connected', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Change user' }).click();
    await page.getByLabel('Full name').fill('The guest');
    await page.getByLabel('Your password').last().fill('wrong');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('User or password is not right').waitFor();
    await page.getByLabel('Your password').last().fill('secret');
    await page.getByRole('button', { name: 'Save' }).click();
    await entry(page, 'user').getByText('The guest').waitFor();
  });
});
