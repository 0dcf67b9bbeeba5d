using ComputeVoucher.Faults;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>
/// The short version of <c>faults power-cut</c>: at least 500 states at real points, and the
/// control.
/// </summary>
[Trait("Category", "load")]
public sealed class PowerCutTests
{
    [Fact]
    public void Full_AtEveryPoint_LosesNothing()
    {
        PowerCutResult result = PowerCut.Run(3, 70, 2, 900, LedgerSynchronous.Full);
        Assert.Null(result.Inconclusive);
        Assert.InRange(result.States, 500, int.MaxValue);
        Assert.True(result.Violations == 0, string.Join('\n', result.Examples));
    }

    [Fact]
    public void Off_TheControl_TurnsRed()
    {
        PowerCutResult result = PowerCut.Run(3, 40, 1, 200, LedgerSynchronous.Off);
        Assert.Null(result.Inconclusive);
        Assert.NotEqual(0, result.Lost);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(11)]
    [InlineData(13)]
    public void SyncFails_TheLedgerStops_AndNothingConfirmedIsLost(int failSync)
    {
        // L7: from the Nth fsync on the disk says EIO. No ack after it, the process must end.
        PowerCutResult result = PowerCut.Run(
            4, 60, 1, 150, LedgerSynchronous.Full, failSync);
        Assert.Null(result.Inconclusive);
        Assert.Equal(3, result.ChildExitCode);
        Assert.True(result.Violations == 0, string.Join('\n', result.Examples));
    }
}
