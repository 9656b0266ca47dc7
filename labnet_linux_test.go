package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inside tells a test that it runs in a network of its own.
const inside = "FLEXFORM_TEST_NETWORK"

// ownNetwork runs the test once more, in a network of its own in which every
// address there is leads to this process, so that whoever is dialled is heard.
// It returns true when that was done, and the caller is through. Where the
// kernel gives no such network the caller goes on in the one that there is.
func ownNetwork(t *testing.T) (done bool) {
	t.Helper()
	if os.Getenv(inside) != "" {
		return false
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v="+fmt.Sprint(testing.Verbose()), "-test.short="+fmt.Sprint(testing.Short()))
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if exit, ran := errors.AsType[*exec.ExitError](err); err != nil && (!ran || exit.ExitCode() == noNetwork) {
		t.Logf("no network of its own, so only this machine's addresses and the proxies are heard: %v\n%s", err, out)
		return false
	}
	if err != nil || testing.Verbose() {
		t.Logf("%s", out)
	}
	if err != nil {
		t.Errorf("in a network of its own: %v", err)
	}
	return true
}

// noNetwork is how the process ends that got no usable network.
const noNetwork = 97

// wholeWorld has every address lead here, and reports whether it does.
func wholeWorld(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inside) == "" {
		return false
	}
	err := loopbackUp()
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		err = errors.Join(err, everythingIsLocal(family))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "network:", err)
		os.Exit(noNetwork)
	}
	return true
}

func loopbackUp() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, lo)
}

// everythingIsLocal is "ip route add local default dev lo".
func everythingIsLocal(family uint8) error {
	s, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return err
	}
	m := binary.NativeEndian.AppendUint32(nil, 36) // header, route, one attribute
	m = binary.NativeEndian.AppendUint16(m, unix.RTM_NEWROUTE)
	m = binary.NativeEndian.AppendUint16(m, unix.NLM_F_REQUEST|unix.NLM_F_CREATE|unix.NLM_F_ACK)
	m = binary.NativeEndian.AppendUint32(m, 1) // sequence
	m = binary.NativeEndian.AppendUint32(m, 0)
	m = append(m, family, 0, 0, 0, unix.RT_TABLE_LOCAL, unix.RTPROT_BOOT, unix.RT_SCOPE_HOST, unix.RTN_LOCAL)
	m = binary.NativeEndian.AppendUint32(m, 0) // flags
	m = binary.NativeEndian.AppendUint16(m, 8)
	m = binary.NativeEndian.AppendUint16(m, unix.RTA_OIF)
	m = binary.NativeEndian.AppendUint32(m, uint32(lo.Index))
	if err := unix.Sendto(s, m, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(s, answer, 0)
	if err != nil {
		return err
	}
	if n < 20 {
		return errors.New("the kernel's answer is cut off")
	}
	if code := int32(binary.NativeEndian.Uint32(answer[16:])); code != 0 {
		return fmt.Errorf("route: %w", syscall.Errno(-code))
	}
	return nil
}

// nameservers are those that this machine asks.
func nameservers() []string {
	text, _ := os.ReadFile("/etc/resolv.conf") // without it Go asks this machine
	var all []string
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "nameserver" {
			all = append(all, f[1])
		}
	}
	if all == nil {
		all = []string{"127.0.0.1", "::1"}
	}
	return all
}
