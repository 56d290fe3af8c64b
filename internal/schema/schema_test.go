package schema

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Days counts as the time package does, in every layout.
func TestDays(t *testing.T) {
	layouts := map[string]string{"yyyy-mm-dd": "2006-01-02", "yyyy/mm/dd": "2006/01/02", "yyyy.mm.dd": "2006.01.02", "dd.mm.yyyy": "02.01.2006", "dd/mm/yyyy": "02/01/2006",
		"mm/dd/yyyy": "01/02/2006", "dd-mm-yyyy": "02-01-2006", "mm-dd-yyyy": "01-02-2006", "dd mon yyyy": "2 Jan 2006", "dd-mon-yyyy": "02-Jan-2006", "mon dd, yyyy": "January 2, 2006",
		"yyyy-mm": "2006-01", "yyyy/mm": "2006/01", "mm/yyyy": "01/2006", "mon yyyy": "Jan 2006", "mon-yyyy": "January-2006", Digits: "20060102"}
	if len(layouts) != len(Layouts) {
		t.Fatalf("%d layouts are tested, there are %d", len(layouts), len(Layouts))
	}
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(-5e10, 5e10).Draw(t, "seconds")
		at := time.Unix(seconds, 0).UTC()
		for ours, theirs := range layouts {
			day := at.Truncate(24 * time.Hour)
			if !strings.Contains(ours, "dd") {
				day = day.AddDate(0, 0, 1-day.Day())
			}
			got, err := Days(at.Format(theirs), ours)
			if err != nil || got != float64(day.Unix())/86400 {
				t.Fatalf("%s %q: %v, %v", ours, at.Format(theirs), got, err)
			}
			full := day.Add(at.Sub(at.Truncate(24 * time.Hour)))
			got, err = Days(full.Format(theirs+"T15:04:05Z07:00"), ours)
			if err != nil || got != float64(full.Unix())/86400 {
				t.Fatalf("%s %q: %v, %v", ours, full.Format(theirs+"T15:04:05Z07:00"), got, err)
			}
			if got, err = Days(full.Format(theirs+" 3:04:05 PM UTC"), ours); err != nil || got != float64(full.Unix())/86400 {
				t.Fatalf("%s %q: %v, %v", ours, full.Format(theirs+" 3:04:05 PM UTC"), got, err)
			}
		}
	})
	for _, bad := range []string{"", "2024-13-01", "2023-02-29", "2024-00-10", "2024-1-32", "24-01-01", "2024-01-01x", "2024-01-01 25:00", "2024-01-01 10:60", "2024-01-01T10", "2024-01-01 13:00 PM", "2024-01-01 0:00 AM", "2024-01-01 10:00 CET", "2024-01-01 10:00+5", "2024-01-01 AM"} {
		if v, err := Days(bad, "yyyy-mm-dd"); !errors.Is(err, ErrNotDate) {
			t.Errorf("%q: %v, %v", bad, v, err)
		}
	}
}

// Put writes what Names says, and nothing beyond.
func TestPut(t *testing.T) {
	mean := 2.5
	e := Encoding{{Name: "a"}, {Name: "b", Impute: &mean, Indicator: true}, {Name: "c", Levels: []string{"r", "s"}, Other: true, Indicator: true}, {Name: "d", Levels: []string{"u"}}}
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	names := []string{"a", "b", "b=missing", "c=r", "c=s", "c=other", "c=missing", "d=u"}
	if got := e.Names(); !slices.Equal(got, names) {
		t.Fatalf("names %q, want %q", got, names)
	}
	row := func(missing bool, number float64, c, d string) []float64 {
		dst := make([]float64, len(names))
		rest := e[0].Put(dst, false, number, "")
		rest = e[1].Put(rest, missing, number, "")
		rest = e[2].Put(rest, missing, 0, c)
		if rest = e[3].Put(rest, false, 0, d); len(rest) != 0 {
			t.Fatalf("%d numbers are left", len(rest))
		}
		return dst
	}
	for _, c := range []struct{ got, want []float64 }{
		{row(false, 7, "s", "u"), []float64{7, 7, 0, 0, 1, 0, 0, 1}},
		{row(false, 7, "x", "x"), []float64{7, 7, 0, 0, 0, 1, 0, 0}},
		{row(true, 7, "", "u"), []float64{7, 2.5, 1, 0, 0, 0, 1, 1}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%v, want %v", c.got, c.want)
		}
	}
	if dst := []float64{0, 0}; len((&Column{Name: "b", Indicator: true}).Put(dst, true, 0, "")) != 0 || !math.IsNaN(dst[0]) || dst[1] != 1 {
		t.Errorf("not yet imputed: %v", dst)
	}
	for name, bad := range map[string]Encoding{"the same name": {{Name: "a"}, {Name: "a"}}, "a level that is a suffix": {{Name: "c", Levels: []string{"missing"}, Indicator: true}},
		"other of a number": {{Name: "a", Other: true}}, "imputed text": {{Name: "a", Levels: []string{"u"}, Impute: &mean}}} {
		if bad.Validate() == nil {
			t.Errorf("%s is valid", name)
		}
	}
}

// A grouped number is the number without the marks, whatever stands around it.
func TestValue(t *testing.T) {
	for _, c := range []struct {
		form Form
		cell string
		want float64
	}{
		{Form{Group: ","}, "1,234,567.5e1", 12345675}, {Form{Group: ","}, "-12", -12}, {Form{Group: ".", Decimal: ","}, "1.234,5", 1234.5},
		{Form{Group: " "}, "1\u2009234", 1234}, {Form{Affix: "$", Group: ","}, "-$ 1,234", -1234}, {Form{Affix: "$"}, "$-3", -3}, {Form{Affix: "€"}, "3 €", 3},
		{Form{Affix: Percent}, "-3 %", -3}, {Form{Decimal: ","}, "\u22121,5", -1.5},
	} {
		if got, err := c.form.Value(c.cell); err != nil || got != c.want {
			t.Errorf("%+v %q: %v, %v, want %v", c.form, c.cell, got, err, c.want)
		}
	}
	for _, c := range []struct {
		form Form
		cell string
	}{{Form{Group: ","}, "1,23"}, {Form{Group: ","}, "0,123"}, {Form{Group: ","}, "1,2345"}, {Form{Group: ","}, ",123"}, {Form{Group: ","}, "1.5,000"}, {Form{Affix: Percent}, "3"},
		{Form{Affix: "$"}, "$$3"}, {Form{Affix: "$"}, "--3"}, {Form{Decimal: ","}, "1.5"}, {Form{Decimal: ","}, "1,5,6"}, {Form{}, "1e400"}, {Form{}, "Inf"}, {Form{}, "1_0"}, {Form{}, ""}} {
		if got, err := c.form.Value(c.cell); err == nil {
			t.Errorf("%+v %q is %v", c.form, c.cell, got)
		}
	}
}
