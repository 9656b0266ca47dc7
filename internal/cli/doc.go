// Package cli is flexform's command line: commands, flags and wiring.
//
// It alone touches arguments, environment, standard streams, the clock and the
// exit code; all of them reach the commands through one [Env], which tests
// build for themselves. Deciding, doing and showing happen in plan, apply and
// internal/report.
package cli
