// Package report writes everything that people and programs read of flexform:
// text for a terminal, Markdown for a pull request, JSON for programs. All of
// them are renderers of the same values.
//
// The rules of all output:
//
//   - What matters most comes first, and the totals again at the end of what
//     scrolls: what kind of money, how much of it, what cannot be undone.
//   - Nothing is cut silently: where rows are folded, their number is said, and
//     totals, digest and warnings always stand.
//   - Everything that comes from data is shown, never interpreted: see
//     [Visible] and [Ident].
//   - A message says what, then why, then what to do; a command to copy stands
//     alone on an indented line.
//   - Amounts are exact decimals with their currency.
//   - Colour repeats what the words say. It is used only when asked for.
//
// The package has no clock and no environment: what it needs is an argument.
// Every function returns the first error of its writer.
package report
