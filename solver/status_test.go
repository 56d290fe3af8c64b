package solver

import (
	"context"
	"testing"
)

func TestParseStatus(t *testing.T) {
	for _, s := range Statuses() {
		if got, err := ParseStatus(s.String()); err != nil || got != s {
			t.Errorf("%v: %v, %v", s, got, err)
		}
	}
	if s, err := ParseStatus("done"); err == nil {
		t.Errorf("done is %v", s)
	}
}

// Names of methods are read as they are written, and a method that does not suit
// a problem says so before any work.
func TestParseMethod(t *testing.T) {
	for k, name := range MethodNames() {
		if m, err := ParseMethod(name); err != nil || m != Method(k) || m.String() != name {
			t.Errorf("%q is read as %v, %v", name, m, err)
		}
	}
	if _, err := ParseMethod("simplex"); err == nil {
		t.Error("there is no method simplex")
	}
	p := smallProblem(1)
	p.Beta = 0.1
	o := DefaultOptions()
	o.Method = Newton
	if _, err := Solve(context.Background(), p, o); err == nil {
		t.Error("newton takes a program with cones")
	}
}
