/** What people are told of a switch. */
export interface Notification {
  readonly service: string;
  readonly switchId: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly title: string;
  readonly text: string;
  readonly link: string | null;
}
