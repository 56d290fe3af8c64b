package docs

import (
	"fmt"
	"html/template"
	"strings"
	"sync"

	"multigrade/internal/chart"
	"multigrade/internal/scaling"
)

// mostWorkers are how many workers the page about scaling looks at.
const mostWorkers = 1 << 13

// addScaling adds the page that foretells jobs larger than the machine.
func (s *Site) addScaling() error {
	p, err := foretold()
	if err != nil {
		return err
	}
	if err := s.addMarkdown("scale", p.text); err != nil {
		return err
	}
	s.pages[len(s.pages)-1].body += template.HTML("<h2>Workers and time</h2>\n" + p.plot + "<p>Dashed: the time of one worker, shared.</p>\n")
	return nil
}

// foretold is the page, which is the same for every site, as Markdown, and its plot.
var foretold = sync.OnceValues(func() (p struct{ text, plot string }, err error) {
	m, err := scaling.Load()
	if err != nil {
		return p, err
	}
	c := scaling.Supposed()
	plot := chart.New(chart.Whole, "workers", "hours").LogX().LogY()
	var text strings.Builder
	fmt.Fprintf(&text, `# Beyond the machine

How long larger jobs would take on more workers than there are, by a simulation from the costs of single shards. Measured were processor seconds on %s. Supposed, and not measured: %s. A worker is one core.

Tasks go to the next worker that is free; every round sends all workers the same (a point, a plan), adds up their sums in a tree, collects results and ends with what the coordinator does alone. Where sending more than
it helps, fewer workers are used.

`, m.Machine, scaling.Assumptions())
	for k, j := range m.Jobs() {
		colour := chart.Several(k)
		doubling := j.Runs(c, scaling.Doubling(mostWorkers))
		var line, ideal []chart.XY
		for _, r := range doubling {
			line = append(line, chart.XY{X: float64(r.Workers), Y: r.Seconds() / 3600})
			ideal = append(ideal, chart.XY{X: float64(r.Workers), Y: doubling[0].Seconds() / 3600 / float64(r.Workers)})
		}
		plot.Line(j.Name, colour, line)
		plot.DashedCurve("", colour, ideal)
		fmt.Fprintf(&text, "## %s\n\nMade of %s.\n\n| workers | used | time | of it tasks | sending | adding up | collecting | coordinator | cost |\n|---|---|---|---|---|---|---|---|---|\n", j.Name, j.Note)
		for _, r := range j.Runs(c, []int{1, 10, 100, 1000}) {
			fmt.Fprintf(&text, "| %d | %d | %s | %s | %s | %s | %s | %s | %.3g |\n", r.Workers, r.Used, duration(r.Seconds()),
				duration(r.Tasks), duration(r.Broadcast), duration(r.Sum), duration(r.Collect), duration(r.Serial), r.Cost(c))
		}
		if end := j.End(c, doubling); end.Why != "" {
			fmt.Fprintf(&text, "\nFrom %d workers on twice as many save less than %.0f %% of the time. What stands against it there: %s.\n\n", end.Workers, 100*scaling.Saves, end.Why)
		} else {
			fmt.Fprintf(&text, "\nUp to %d workers, twice as many always save at least %.0f %% of the time.\n\n", mostWorkers, 100*scaling.Saves)
		}
	}
	p.text = text.String()
	p.plot, err = plot.SVG(plot.Says())
	return p, err
})

// duration writes seconds in the largest unit that they have more than two of.
func duration(seconds float64) string {
	for _, u := range []struct {
		name    string
		seconds float64
	}{{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}} {
		if seconds >= 2*u.seconds {
			return fmt.Sprintf("%.3g %s", seconds/u.seconds, u.name)
		}
	}
	return fmt.Sprintf("%.2g s", seconds)
}
