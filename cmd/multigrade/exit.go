package main

import (
	"errors"
	"strings"
)

// The exit statuses.
const (
	statusDone        = 0
	statusFailed      = 1 // the mathematics failed
	statusBadCall     = 2 // the call or the input is bad
	statusInterrupted = 130
)

// failure ends the program with a status and, if err is not nil, a message.
type failure struct {
	status int
	err    error
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// bad says that the call or the input is to blame for err.
func bad(err error) error { return as(statusBadCall, err) }

// failed says that the mathematics or the environment is.
func failed(err error) error { return as(statusFailed, err) }

func as(status int, err error) error {
	var f *failure
	if err == nil || errors.As(err, &f) {
		return err
	}
	return &failure{status: status, err: err}
}

// oneLine writes an error message on one line.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
