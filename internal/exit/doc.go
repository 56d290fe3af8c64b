// Package exit says whose fault an error is, as the exit status of the program:
// the caller's and the input's (2), or the mathematics' and the machine's (1).
package exit
