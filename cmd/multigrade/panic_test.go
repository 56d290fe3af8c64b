package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"multigrade/approx"
	"multigrade/internal/exit"
	"multigrade/internal/parallel"
)

// A panic in a command, in whichever goroutine, ends as one line, status 1 and a report that has the stack.
func TestPanic(t *testing.T) {
	slip := func() {
		var none []int
		none[len(os.Args)]++
	}
	for name, action := range map[string]func(){
		"slip": slip,
		"worker": func() {
			var group parallel.Group
			group.Go(slip)
			group.Wait()
		},
		"scheme": func() {
			o := approx.DefaultOptions()
			o.Threads = 2
			approx.Build(context.Background(), &approx.Function{Dimension: 1, Lipschitz: 1, Value: func([]float64) float64 {
				slip()
				return 0
			}}, o)
		},
	} {
		t.Run(name, func(t *testing.T) { testPanic(t, name, action) })
	}
}

func testPanic(t *testing.T, name string, action func()) {
	t.Setenv("TMPDIR", t.TempDir())
	var out, errs bytes.Buffer
	s := streams{in: strings.NewReader(""), out: &out, err: &errs}
	app := newApp(s)
	app.Commands = append(app.Commands, &cli.Command{Name: name, Action: func(*cli.Context) error {
		action()
		return nil
	}})
	args := []string{"multigrade", name}
	status := guarded(s, args, func() int { return executeApp(context.Background(), app, args, s) })
	line := regexp.MustCompile(`^multigrade: a mistake in the program: .*index out of range.*; please report it with the file (.*)\n$`).FindStringSubmatch(errs.String())
	if status != exit.StatusFailed || line == nil || out.Len() > 0 {
		t.Fatalf("status %d, output %q, message %q", status, out.String(), errs.String())
	}
	report, err := os.ReadFile(line[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"command: multigrade " + name, "panic_test.go", "multigrade 0."} {
		if !strings.Contains(string(report), want) {
			t.Errorf("no %q in the report:\n%s", want, report)
		}
	}
}

func TestResumeCommand(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"/usr/bin/multigrade", "solve", "a b.csv", "--grades", "2"}, "multigrade solve 'a b.csv' --grades 2 --out runs/a --resume"},
		{[]string{"m", "solve", "a.csv", "--out=x", "--resume"}, "multigrade solve a.csv --out=x --resume"},
		{[]string{"m", "solve", "-o", "x", "--", "it's.csv"}, `multigrade solve -o x --resume -- 'it'\''s.csv'`},
	} {
		if got := resumeCommand(c.args, "runs/a"); got != c.want {
			t.Errorf("%q\nwant %q", got, c.want)
		}
	}
}

// No flag is under two headings, and every flag of every command has one.
func TestFlagHeadings(t *testing.T) {
	under := map[string]string{}
	for _, g := range flagGroups {
		for _, name := range g.flags {
			if under[name] != "" {
				t.Errorf("--%s is under %s and %s", name, under[name], g.heading)
			}
			under[name] = g.heading
		}
	}
	for _, c := range newApp(streams{}).Commands {
		for _, f := range c.Flags {
			if categorised, ok := f.(cli.CategorizableFlag); !ok || categorised.GetCategory() == "" {
				t.Errorf("%s --%s has no heading", c.Name, f.Names()[0])
			}
		}
	}
}
