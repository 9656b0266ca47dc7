// Package money holds exact amounts of money in ISO 4217 currencies.
//
// An [Amount] is a whole number of the currency's smallest unit (øre, cent,
// yen) together with its currency. It is never a float and never negative.
// Sums and comparisons refuse to mix currencies and to overflow; nothing is
// ever rounded: text with more decimals than the currency has is an error.
package money
