package exit

import (
	"errors"
	"strings"
)

// The exit statuses.
const (
	StatusDone        = 0
	StatusFailed      = 1 // the mathematics failed
	StatusBadCall     = 2 // the call or the input is bad
	StatusInterrupted = 130
)

// Failure ends the program with a status and, if err is not nil, a message.
type Failure struct {
	Status int
	Err    error
}

func (f *Failure) Error() string {
	if f.Err == nil {
		return ""
	}
	return f.Err.Error()
}

func (f *Failure) Unwrap() error { return f.Err }

// Bad says that the call or the input is to blame for err.
func Bad(err error) error { return as(StatusBadCall, err) }

// Failed says that the mathematics or the environment is.
func Failed(err error) error { return as(StatusFailed, err) }

func as(status int, err error) error {
	var f *Failure
	if err == nil || errors.As(err, &f) {
		return err
	}
	return &Failure{Status: status, Err: err}
}

// OneLine writes an error message on one line.
func OneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
