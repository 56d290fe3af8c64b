package main

import (
	"fmt"
	"slices"
	"strings"
)

// resumeCommand is the command line that takes up the run in dir which the given one
// began.
func resumeCommand(args []string, dir string) string {
	all := append([]string{"multigrade"}, args[1:]...)
	add := []string{}
	hasOut := slices.ContainsFunc(args, func(a string) bool {
		name, _, _ := strings.Cut(strings.TrimLeft(a, "-"), "=")
		return strings.HasPrefix(a, "-") && (name == "out" || name == "o")
	})
	if !hasOut {
		add = append(add, "--out", dir)
	}
	if !slices.Contains(args, "--resume") {
		add = append(add, "--resume")
	}
	end := len(all)
	if k := slices.Index(all, "--"); k >= 0 {
		end = k
	}
	all = slices.Insert(all, end, add...)
	for k, a := range all {
		all[k] = shellQuoted(a)
	}
	return strings.Join(all, " ")
}

// shellQuoted is the word as a POSIX shell reads it.
func shellQuoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./,:=+@%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return fmt.Sprintf("'%s'", strings.ReplaceAll(word, "'", `'\''`))
}
