// Package schema says how a file becomes numbers: the part of a model that every
// row goes through before the network sees it.
//
// A Reading belongs to one file. It says how its bytes become cells (characters,
// separator, header, comments) and how the cells of a column become numbers
// (which mark groups thousands, which begins the decimals, which days the dates
// are). Two files of the same table may have different readings.
//
// An Encoding belongs to a model. It says how columns become features:
//
//	a number            itself, or where it is missing the number Impute
//	  with Indicator    and a further feature, 1 where it is missing, else 0
//	a text              a feature per level, 1 where the cell is that level, else 0
//	  with Other        and a further feature, 1 for every other text
//	  with Indicator    and a further feature, 1 where it is missing
//
// Neither guesses: what a file looks like is found out by package dataset, what
// is written here is applied to the letter, by it and by the checker.
package schema
