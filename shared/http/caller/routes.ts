import { Nothing } from '../fields.ts';
import { pageOf } from '../pages.ts';
import { defineRoutes } from '../route.ts';
import * as requests from './requests.ts';
import * as views from './views.ts';

export const callerRoutes = defineRoutes<'caller'>()({
  getMe: {
    summary: 'Read who you are here, and what you may do',
    status: 200,
    answer: views.MeView,
    problems: [],
  },
  listNotifications: {
    summary: 'List what you were told',
    description:
      'The newest event first. With a host, a page may have fewer than were asked for although there are more: go on for as long as there is a `nextCursor`.',
    query: requests.ListNotifications,
    paged: true,
    status: 200,
    answer: pageOf(views.NotificationView, 'NotificationPage'),
    problems: [],
  },
  countUnreadNotifications: {
    summary: 'Count what you have not read',
    query: requests.CountUnread,
    status: 200,
    answer: views.UnreadView,
    problems: [],
  },
  markNotificationRead: {
    summary: 'Mark a notification as read',
    description: 'What was read before stays read since then.',
    body: Nothing,
    status: 200,
    answer: views.NotificationView,
    problems: ['not-found'],
  },
  getOwnPreferences: {
    summary: 'Read what you have chosen to be told, and how',
    status: 200,
    answer: views.OwnPreferencesView,
    problems: [],
  },
  putOwnPreferences: {
    summary: 'Choose what you are told, and how',
    description:
      'For yourself, whatever host it is about: your own choice counts for more than what a host has set for you. With `daily` e-mails come in one, in the morning. The inbox always has what is required.',
    body: requests.PutOwnPreferences,
    status: 200,
    answer: views.OwnPreferencesView,
    problems: [],
  },
});
