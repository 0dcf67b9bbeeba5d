using System.Net;
using ComputeVoucher.TestKit;
using ComputeVoucher.Wire.Internal;

namespace ComputeVoucher.Wire.Tests;

/// <summary>The node remembers an address while it uses something or owes something, and not
/// longer: addresses cost nothing to those who have many.</summary>
[Trait("Category", "load")]
public sealed class AddressBookTests
{
    [Fact]
    public void Sweep_OfAnAddressThatUsesNothing_ForgetsIt()
    {
        AddressBook book = new(new WireLimits(), new ManualClock());
        Account entry = book.Enter(IPAddress.Loopback)!;
        book.Sweep();
        Assert.Equal(1, book.Count);
        book.Leave(entry);
        book.Sweep();
        Assert.Equal(0, book.Count);
    }

    [Fact]
    public void Sweep_OfAnAddressThatOwesATokenForAbuse_KeepsIt()
    {
        WireLimits limits = new() { AbuseTokenMs = 3_600_000 };
        AddressBook book = new(limits, new ManualClock());
        Account entry = book.Enter(IPAddress.Loopback)!;
        book.Punish(entry);
        book.Leave(entry);
        book.Sweep();
        Assert.Equal(1, book.Count);
    }
}
