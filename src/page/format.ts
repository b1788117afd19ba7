/** Numbers as people read them; as the command line writes them. */
const COUNT = new Intl.NumberFormat('en');
const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

export function count(value: number): string {
  return COUNT.format(value);
}

export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** In powers of 1000, three digits. */
export function bytes(value: number): string {
  let [rest, unit] = [value, 0];
  while (unit < UNITS.length - 1 && rest >= (unit === 0 ? 1000 : 999.5)) {
    rest /= 1000;
    unit++;
  }
  if (unit === 0) return plural(value, 'byte');
  return `${rest.toFixed(rest < 9.995 ? 2 : rest < 99.95 ? 1 : 0)} ${UNITS[unit] ?? ''}`;
}

export function duration(seconds: number): string {
  if (seconds < 0.0995) return `${(seconds * 1000).toFixed(seconds < 0.00995 ? 1 : 0)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${count(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** In the reader's time zone, which is named. */
export function moment(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  return time.toLocaleString('en-GB', {
    dateStyle: 'medium',
    timeStyle: 'long',
  });
}
