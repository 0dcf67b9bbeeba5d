using ComputeVoucher.Faults;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>
/// The short version of <c>faults migration</c>: kills and power cuts all over a migration leave
/// the old ledger or the new one.
/// </summary>
[Trait("Category", "load")]
public sealed class MigrationFaultsTests
{
    private static readonly int s_kills = Runs.Count(fast: 20, full: 60);
    private static readonly int s_states = Runs.Count(fast: 200, full: 2_000);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void KilledAtPointsAllOver_OldOrNew_AndTheNextStartFinishes(bool closed)
    {
        using MigrationFaults faults = new(5, closed);
        Assert.Null(faults.Inconclusive);
        faults.Kill(s_kills);
        Assert.True(faults.Violations.Count == 0, string.Join('\n', faults.Violations));
        Assert.NotEqual(0, faults.Old);
        Assert.NotEqual(0, faults.New);
        Assert.Equal(s_kills, faults.Old + faults.New);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PowerCutBetweenSyncs_OldOrNew_AndTheNextStartFinishes(bool closed)
    {
        using MigrationFaults faults = new(6, closed);
        Assert.Null(faults.Inconclusive);
        faults.Cut(s_states, 2);
        Assert.True(faults.Violations.Count == 0, string.Join('\n', faults.Violations));
        Assert.NotEqual(0, faults.Old);
        Assert.NotEqual(0, faults.New);
    }
}
