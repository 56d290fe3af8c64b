package schema

import (
	"regexp"
	"strconv"
	"strings"
)

// Layouts lists the ways a day can be written. A time of day may follow every one
// of them (as digits only behind a T): hh:mm, hh:mm:ss or hh:mm:ss.fraction behind a blank or a T, then AM or
// PM, of twelve hours, or nothing, and
// then Z, UTC, GMT, +hh:mm, -hh:mm, +hhmm, -hhmm, +hh or -hh, or nothing, which is Z, too.
var Layouts = []string{"yyyy-mm-dd", "yyyy/mm/dd", "yyyy.mm.dd", "dd.mm.yyyy", "dd/mm/yyyy", "mm/dd/yyyy", "dd-mm-yyyy",
	"mm-dd-yyyy", "dd mon yyyy", "dd-mon-yyyy", "mon dd, yyyy", "yyyy-mm", "yyyy/mm", "mm/yyyy", "mon yyyy", "mon-yyyy", Digits}

// Digits is the layout that looks like a number.
const Digits = "yyyymmdd"

var (
	layoutPatterns = map[string]*regexp.Regexp{}
	timeOfDay      = regexp.MustCompile(`^[T ](\d\d?):(\d\d)(?::(\d\d(?:\.\d+)?))? *([AaPp][Mm])? *(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$`)
)

func init() {
	parts := strings.NewReplacer("yyyy", `(?P<y>\d{4})`, "mm", `(?P<m>\d\d?)`, "dd", `(?P<d>\d\d?)`, "mon", `(?P<n>[A-Za-z]{3,9})`,
		".", `\.`)
	for _, layout := range Layouts {
		p := parts.Replace(layout)
		if layout == Digits {
			p = strings.ReplaceAll(p, `\d\d?`, `\d\d`)
		}
		layoutPatterns[layout] = regexp.MustCompile("^" + p)
	}
}

var months = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// Days reads a date as days since 1970-01-01 00:00 UTC: (86400 days + seconds of
// the day)/86400, one division.
func Days(cell, layout string) (float64, error) {
	pattern := layoutPatterns[layout]
	if pattern == nil || len(cell) < 6 || len(cell) > 64 {
		return 0, ErrNotDate
	}
	found := pattern.FindStringSubmatch(cell)
	if found == nil {
		return 0, ErrNotDate
	}
	year, month, day := 0, 0, 1
	for k, name := range pattern.SubexpNames() {
		switch name {
		case "y":
			year, _ = strconv.Atoi(found[k])
		case "m":
			month, _ = strconv.Atoi(found[k])
		case "d":
			day, _ = strconv.Atoi(found[k])
		case "n":
			month = monthNumber(found[k])
		}
	}
	if month < 1 || month > 12 || day < 1 || day > monthLength(year, month) {
		return 0, ErrNotDate
	}
	seconds, ok := secondsOfDay(cell[len(found[0]):])
	if !ok {
		return 0, ErrNotDate
	}
	return (86400*float64(dayNumber(year, month, day)) + seconds) / 86400, nil
}

// secondsOfDay reads what follows the day, less the difference to UTC.
func secondsOfDay(rest string) (float64, bool) {
	if rest == "" {
		return 0, true
	}
	m := timeOfDay.FindStringSubmatch(rest)
	if m == nil {
		return 0, false
	}
	hour, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2])
	second := 0.0
	if m[3] != "" {
		second, _ = strconv.ParseFloat(m[3], 64)
	}
	if m[4] != "" {
		if hour < 1 || hour > 12 {
			return 0, false
		}
		if hour %= 12; strings.EqualFold(m[4], "PM") {
			hour += 12
		}
	}
	if hour > 24 || minute > 59 || second >= 61 || hour == 24 && (minute > 0 || second > 0) {
		return 0, false
	}
	minutes := 60*hour + minute
	if zone := strings.ReplaceAll(m[5], ":", ""); zone != "" && (zone[0] == '+' || zone[0] == '-') {
		h, _ := strconv.Atoi(zone[1:3])
		min, _ := strconv.Atoi(zone[3:]) // 0 of none
		if min > 59 || h > 15 {
			return 0, false
		}
		if zone[0] == '+' {
			minutes -= 60*h + min
		} else {
			minutes += 60*h + min
		}
	}
	return float64(60*minutes) + second, true
}

// monthNumber knows English names and their beginnings of three letters or more.
func monthNumber(name string) int {
	name = strings.ToLower(name)
	for k, m := range months {
		if strings.HasPrefix(m, name) {
			return k + 1
		}
	}
	return 0
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func monthLength(year, month int) int {
	switch {
	case month == 2 && leap(year):
		return 29
	case month == 2:
		return 28
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}

// dayNumber counts the days from 1970-01-01 in the Gregorian calendar.
func dayNumber(year, month, day int) int {
	before := func(y int) int { y--; return 365*y + y/4 - y/100 + y/400 } // days before year y >= 1
	n := before(year+400) - before(1970+400) + day - 1
	for m := 1; m < month; m++ {
		n += monthLength(year, m)
	}
	return n
}
