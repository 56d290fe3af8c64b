package approx

import (
	"context"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
)

func TestSyntaxErrorsNameTheColumn(t *testing.T) {
	cases := []struct {
		text   string
		column int
		part   string
	}{
		{"sin(2*pi*x", 11, "missing \")\""},
		{"foo(x)", 1, "unknown name \"foo\""},
		{"x + ", 5, "ends"},
		{"x x", 3, "unexpected \"x\""},
		{"x**2", 3, "unexpected \"*\""},
		{"min(x)", 6, "2 arguments"},
		{"pow(x,2,3)", 8, "2 argument(s)"},
		{"sin x", 5, "missing \"(\""},
		{"1.2.3 + x", 1, "not a number"},
		{"(x+1))", 6, "unexpected \")\""},
		{"π + x", 1, "unknown name"},
		{"é*bar", 1, "unknown name"},
		{"x + é", 5, "unknown name"},
		{"", 1, "ends"},
		{"1e999", 1, "exponent"},
		{"x10", 1, "unknown name"},
	}
	for _, c := range cases {
		_, err := ParseExpr(c.text, 0)
		var s *SyntaxError
		if !errors.As(err, &s) {
			t.Errorf("%q: error %v, want a SyntaxError", c.text, err)
			continue
		}
		if s.Column != c.column || !strings.Contains(s.Message, c.part) {
			t.Errorf("%q: %v, want column %d and %q", c.text, err, c.column, c.part)
		}
	}
}

func TestVariableBeyondTheDimension(t *testing.T) {
	var s *SyntaxError
	if _, err := ParseExpr("x + x3", 2); !errors.As(err, &s) || s.Column != 5 {
		t.Errorf("error %v, want column 5", err)
	}
	e, err := ParseExpr("x3", 0)
	if err != nil || e.Dim() != 3 {
		t.Errorf("dimension %d, error %v, want 3", e.Dim(), err)
	}
}

func TestConstantWithoutValueIsFoundWhenParsing(t *testing.T) {
	for text, column := range map[string]int{"x + 1/0": 6, "log(-1)*x": 1, "sqrt(0-2)": 1, "0^(-1)": 2, "x/(2-2)": 2} {
		_, err := ParseExpr(text, 0)
		if text == "x/(2-2)" {
			// The divisor is constant, the quotient is not: found on the first box.
			e, _ := ParseExpr(text, 0)
			_, err = e.newEvaluation().enclose([]Interval{{0, 1}})
		}
		var d *DomainError
		if !errors.As(err, &d) || d.Column != column {
			t.Errorf("%q: error %v, want a DomainError at column %d", text, err, column)
		}
	}
}

func TestPrecedence(t *testing.T) {
	x := []float64{0.3, 0.7}
	for text, want := range map[string]float64{
		"-x^2":                  -0.09,
		"2^3^2":                 512,
		"2^-1":                  0.5,
		"1-2-3":                 -4,
		"8/4/2":                 1,
		"2*x+3*y":               0.6 + 2.1,
		"-x*-y":                 0.21,
		"--x":                   0.3,
		"1+2*3^2":               19,
		"pow(2, 3)+min(x,y)":    8.3,
		"max(x,y)-floor(3.7)":   -2.3,
		"1e-2 + 2.5E1 + .5":     25.51,
		"abs(x-y)/2":            0.2,
		"exp(log(2))+sqrt(4)":   4,
		"cos(0)+sin(0)+tan(0)":  1,
		"e^1 - e + pi - pi":     0,
		"( ( x ) ) +\ty\n":      1,
		"x1 + x2 - x - y + 1":   1,
		"2*-3":                  -6,
		"-2^2":                  -4,
		"(1+2)*(3-(4-5))":       12,
		"min(max(x,y),0.5)*2":   1,
		"abs(-3)+floor(-0.5)+0": 2,
	} {
		e, err := ParseExpr(text, 2)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got := e.Float(x); math.Abs(got-want) > 1e-14 {
			t.Errorf("%q = %v, want %v", text, got, want)
		}
		v, err := e.newEvaluation().at(x)
		if err != nil || v.Lo > want+1e-14 || v.Hi < want-1e-14 || v.Hi-v.Lo > 1e-13 {
			t.Errorf("%q in %v, error %v, want %v", text, v, err, want)
		}
	}
}

func TestRationalValues(t *testing.T) {
	x := []*big.Rat{big.NewRat(1, 3), big.NewRat(-2, 7)}
	for text, want := range map[string]string{
		"abs(x-y)/2":          "13/42",
		"x^3 - y^-2":          "-1319/108",
		"min(x,y)+max(x,y)":   "1/21",
		"floor(y)*0.1":        "-1/10",
		"-(x/y)":              "7/6",
		"floor(5/2)+floor(2)": "4",
	} {
		e, err := ParseExpr(text, 2)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Rat(x)
		if err != nil || got.RatString() != want {
			t.Errorf("%q = %v, error %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"sin(x)", "x^0.5", "pi", "1/(x-1/3)", "(x-1/3)^-1"} {
		e, _ := ParseExpr(text, 2)
		if v, err := e.Rat(x); err == nil {
			t.Errorf("%q = %v, want an error", text, v)
		}
	}
}

// t^q log t is continuous at 0, and so is 1/(1 - log t); what is not, or can't be told, names the place.
func TestLogarithmsAtZero(t *testing.T) {
	for _, text := range []string{"x*log(x)", "log(x)*x", "sqrt(x)*log(x)", "x^2*log(x)", "log(x)*x^0.3", "(x*y)*log(x*y)", "1/(1-log(x))", "(1-log(x))^-0.5", "max(log(x),-3)", "z*x"} {
		e := mustParse(t, text, 0)
		w := e.newEvaluation()
		x := make([]float64, e.dim)
		for _, v := range []float64{0, 1e-100, 1e-9, 0.25, 1 / math.E, 0.5, 1} {
			for j := range x {
				x[j] = v
			}
			got, err := w.at(x)
			if err != nil {
				t.Fatalf("%s at %v: %v", text, v, err)
			}
			if want := e.Float(x); v > 0 && (want < got.Lo-1e-15 || want > got.Hi+1e-15) || got.Hi-got.Lo > 1e-14 {
				t.Errorf("%s at %v: %v, want %v", text, v, got, want)
			}
		}
	}
	for _, text := range []string{"log(x)", "sin(log(x))", "y*log(x)", "x*exp(-log(x))", "log(x)/log(y)", "floor(log(x))", "log(x)^0*log(x)", "x*log(x-0.1)"} {
		_, err := Build(context.Background(), mustParse(t, text, 0), DefaultOptions())
		var d *DomainError
		if !errors.As(err, &d) {
			t.Errorf("%s: %v, want a domain error", text, err)
		}
	}
}
