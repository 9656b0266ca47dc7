// Package schema reads the flexform language: the *.hcl files of one folder
// become one [Config].
//
// Every mistake of the author is an [hcl.Diagnostic] with its place in the
// file, or in the CSV data, and one run reports all of them. Evaluation is
// pure: nothing in a configuration reads the clock, the environment, the
// network, or a file outside its folder. Secrets never enter it.
package schema
