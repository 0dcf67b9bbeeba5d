using System;
using System.Globalization;
using System.IO;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Vouchers.Tests;

/// <summary>The clocks of a court fit into each other; attack a05 finds no hole between them.
/// </summary>
public sealed class CourtLimitsTests
{
    private const ulong Day = 86_400;

    /// <summary>Providers.EXIT_DELAY, which a test of the contracts pins.</summary>
    private const ulong ExitDelay = 33 * Day;

    /// <summary>Decided &lt; bond gone &lt; inputs gone.</summary>
    [Fact]
    public void Clocks_StandInTheirOrder()
    {
        Assert.Equal(14 * Day, CourtLimits.OpenSeconds);
        Assert.Equal(26 * Day, CourtLimits.DecidedSeconds);
        Assert.Equal(30 * Day, CourtLimits.PromiseDecidedSeconds);
        Assert.Equal(30 * Day, CourtLimits.BondSeconds);
        Assert.Equal(45 * Day, CourtLimits.InputKeepSeconds);
        Assert.Equal(
            ExitDelay, CourtLimits.DeadlineAheadSecondsMax + CourtLimits.BondSeconds);
    }

    /// <summary>What the contract allows, in its own words.</summary>
    [Theory]
    [InlineData("CLAIM", CourtLimits.ClaimSeconds)]
    [InlineData("OPEN", CourtLimits.OpenSeconds)]
    [InlineData("OPEN_AFTER_CLAIM", CourtLimits.OpenAfterClaimSeconds)]
    [InlineData("ASK", CourtLimits.AskSeconds)]
    public void Clocks_AreTheContracts(string name, ulong seconds)
    {
        string clocks = File.ReadAllText(Path.Combine(
            SharedData.RepositoryRoot, "src/contracts/courts/Clocks.sol"));
        Assert.Contains($" {name} = {seconds / Day} days;", clocks, StringComparison.Ordinal);
        Assert.Equal(0UL, seconds % Day);
    }

    /// <summary>An answer to a demand is judged last: the bond is there, and the node counts it.
    /// </summary>
    [Fact]
    public void WhatWasPromised_IsDecidedBeforeTheBondAndTheInputGo()
    {
        const ulong dispute = 12 * Day;
        ulong moves = 3 * Of("RESPOND") + Of("OPEN_AFTER_ANSWER");
        Assert.Equal(CourtLimits.PromiseDecidedSeconds, Of("ASK") + moves + dispute);
        Assert.Equal(CourtLimits.DecidedSeconds, Of("OPEN") + dispute);
        Assert.InRange(CourtLimits.PromiseDecidedSeconds, 0UL, CourtLimits.BondSeconds);
        Assert.InRange(
            CourtLimits.PromiseDecidedSeconds, 0UL, CourtLimits.InputKeepSeconds);
    }

    /// <summary>Seconds of one of the contract's clocks.</summary>
    private static ulong Of(string clock)
    {
        string clocks = File.ReadAllText(Path.Combine(
            SharedData.RepositoryRoot, "src/contracts/courts/Clocks.sol"));
        string after = clocks[(clocks.IndexOf($" {clock} = ", StringComparison.Ordinal)
            + clock.Length + 4)..];
        return Day * ulong.Parse(
            after[..after.IndexOf(' ', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData(0, ulong.MaxValue, true)]
    [InlineData(30 * Day + 5, 5, true)]
    [InlineData(30 * Day + 4, 5, false)]
    [InlineData(1, 0, false)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, false)]
    public void Bond_StandsUntilTheLastWord(ulong exitAt, ulong deadline, bool stands) =>
        Assert.Equal(stands, CourtLimits.IsBonded(exitAt, deadline));

    /// <summary>
    /// a05: exit the bond, hold acks back, withdraw, redeem then. Whatever second the client signs
    /// in, before or after the exit, an order that it gives is decided while the bond stands: the
    /// late redemption finds it, because the court looks at the order and not at the batch.
    /// </summary>
    [Fact]
    public void A05_ExitThenLateRedemption_NoOrderOutlivesTheBond()
    {
        const ulong exit = 1_000 * Day;
        const ulong gone = exit + ExitDelay;
        int signed = 0;
        for (ulong now = exit - 4 * Day; now < gone; now += 3_601)
        {
            ulong exitAt = now < exit ? 0 : gone;
            for (ulong ahead = 1; ahead <= CourtLimits.DeadlineAheadSecondsMax; ahead += 7_919)
            {
                ulong deadline = now + ahead;
                if (CourtLimits.IsBonded(exitAt, deadline))
                {
                    signed++;
                    Assert.True(deadline + CourtLimits.PromiseDecidedSeconds <= gone);
                    Assert.False(CourtLimits.IsExposed(deadline, isPromised: true, gone));
                }
            }
        }

        Assert.True(signed > 1_000);
    }

    /// <summary>The control: a client that signs for a day longer loses the bond.</summary>
    [Fact]
    public void A05_WithALongerDeadline_WouldSucceed() => Assert.True(
        CourtLimits.IsExposed(deadline: 8 * Day, isPromised: false, now: ExitDelay));

    [Theory]
    [InlineData(10, 26 * Day + 9, false, true)]
    [InlineData(10, 26 * Day + 10, false, false)]
    [InlineData(10, 30 * Day + 9, true, true)]
    [InlineData(10, 30 * Day + 10, true, false)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, false, true)]
    public void Exposure_EndsWithTheLastDecision(
        ulong deadline, ulong now, bool isPromised, bool exposed) =>
        Assert.Equal(exposed, CourtLimits.IsExposed(deadline, isPromised, now));
}
