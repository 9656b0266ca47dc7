package sandbox_test

import (
	"testing"

	"flexform/dibs/sandbox"
)

func TestSeedOnlyAdds(t *testing.T) {
	s := sandbox.Start(t, sandbox.Options{}, readSeed(t, captured20)...)
	if err := s.Gateway.BackOffice(sandbox.MoveRefund, "11111111", amount(t, "5.00 DKK")); err != nil {
		t.Fatal(err)
	}
	again := readSeed(t, captured20+"22222222,11223345,20.00,DKK,authorised\n")
	if err := s.Gateway.Seed(again); err != nil {
		t.Fatal(err)
	}
	checkMoney(t, "after a second seed", s.Gateway, "11111111 8 20.00 5.00\n22222222 2 0.00 0.00\n")

	bad := append(readSeed(t, "transact,orderid,amount,currency,status\n33333333,1,1.00,DKK,5\n"), sandbox.Transaction{Transact: "44444444"})
	if err := s.Gateway.Seed(bad); err == nil || err.Error() != "seed transaction 44444444: orderid: an order id is needed" {
		t.Errorf("Seed with a bad transaction: %v", err)
	}
	if _, found := s.Gateway.Transaction("33333333"); found {
		t.Error("a seed with a mistake was added in part")
	}
	twice := append(readSeed(t, captured20), readSeed(t, captured20)...)
	if err := s.Gateway.Seed(twice); err == nil || err.Error() != "seed transaction 11111111: it stands there twice" {
		t.Errorf("Seed with a transaction twice: %v", err)
	}
}
