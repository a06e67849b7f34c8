// Numbers and times for people.

import { lang, onSpeak } from "./words.js";

let clock, day, moment, second, days, point; // of the language in use

onSpeak(() => {
  const format = (options) => new Intl.DateTimeFormat(lang(), { hourCycle: "h23", ...options });
  clock = format({ hour: "2-digit", minute: "2-digit" });
  day = new Intl.DateTimeFormat(lang(), { weekday: "long", day: "numeric", month: "long" });
  moment = format({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  second = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  days = new Intl.NumberFormat(lang(), { style: "unit", unit: "day", unitDisplay: "long" });
  point = new Intl.NumberFormat(lang()).formatToParts(1.5).find((part) => part.type === "decimal").value;
});

export const time = (ms) => clock.format(ms);
export const dateAndTime = (ms) => moment.format(ms);
export const timeWithSeconds = (ms) => second.format(ms);
export const dayKey = (ms) => new Date(ms).toDateString();

// inFormat is a moment in a date_time_format of Telegram: relative ("r"), or weekday, date and time.
export function inFormat(ms, letters) {
  if (letters === "r") {
    const minutes = Math.round((ms - Date.now()) / 60e3);
    const [n, unit] = Math.abs(minutes) < 60 ? [minutes, "minute"] : Math.abs(minutes) < 2880 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"];
    return new Intl.RelativeTimeFormat(lang(), { numeric: "auto" }).format(n, unit);
  }
  const parts = {
    w: { weekday: "long" }, d: { day: "2-digit", month: "2-digit", year: "2-digit" }, D: { day: "numeric", month: "long", year: "numeric" },
    t: { hour: "2-digit", minute: "2-digit" }, T: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  };
  const options = Object.assign({ hourCycle: "h23" }, ...[...letters].map((letter) => parts[letter]));
  return new Intl.DateTimeFormat(lang(), options).format(ms);
}

export function dayName(ms) {
  const today = new Date();
  const yesterday = new Date(today.getTime() - 864e5);
  const ago = [today, yesterday].findIndex((d) => dayKey(ms) === d.toDateString());
  const name = ago < 0 ? day.format(ms) : new Intl.RelativeTimeFormat(lang(), { numeric: "auto" }).format(-ago, "day");
  return name[0].toUpperCase() + name.slice(1);
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${amount((bytes / 1024).toFixed(1))} KB`;
  return `${amount((bytes / 1024 ** 2).toFixed(1))} MB`;
}

// countdown is the time left until a moment, such as 29:05.
export function countdown(until) {
  const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(left / 3600);
  if (hours >= 48) return days.format(Math.floor(hours / 24));
  const rest = `${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

// amount groups the thousands and keeps the digits: money never becomes a number here.
export function amount(digits) {
  const [whole, fraction] = digits.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return fraction ? `${grouped}${point}${fraction}` : grouped;
}

const signs = { USD: "$", EUR: "€", GBP: "£", RUB: "₽", UAH: "₴", JPY: "¥", CNY: "¥", INR: "₹", TRY: "₺", KZT: "₸" };

// price is an amount with its currency; a fiat currency is shown by its sign.
export function price(digits, currency, fiat) {
  const sign = fiat && signs[currency];
  if (sign) return lang() === "en" ? sign + amount(digits) : `${amount(digits)}\u00a0${sign}`;
  return `${amount(digits)} ${currency}`;
}
