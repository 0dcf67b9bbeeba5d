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

    /// <summary>A network of sixteen times the tokens gets them back sixteen times as fast.
    /// </summary>
    [Fact]
    public void Refill_OfANetwork_IsAsItsAllowance()
    {
        WireLimits limits = new() { AbuseTokensMax = 2, AbuseTokenMs = 1000 };
        ManualClock time = new();
        AddressBook book = new(limits, time);
        Account network = book.Enter(IPAddress.Parse("2001:db8:1::1"))!.Outer!.Outer!;
        for (int i = 0; i < network.TokensMax; i++)
        {
            book.Punish(network);
        }

        Assert.Equal((32, 0), (network.TokensMax, network.Tokens));
        time.Advance(System.TimeSpan.FromSeconds(1));
        book.Sweep();
        Assert.Equal(16, network.Tokens);
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
