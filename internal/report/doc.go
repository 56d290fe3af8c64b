// Package report makes a page of HTML about runs, with plots, that needs nothing
// but itself.
//
//	Run    a trained model: what it left of the target after every grade, how it
//	       fits, how the gaps fell, what is certified
//	Cube   a scheme of package approx: enclosures of what it left, what it looks like
//	Page   one or several of them, compared
//
// A report repeats what a run says of itself and draws it; it proves nothing. What
// is costly, predictions, is computed for a sample of the rows.
package report
