/** What the service worker tells the panel when somebody has touched the notification of an alarm. */
export const SHOW_ALARMS = 'show-alarms';
