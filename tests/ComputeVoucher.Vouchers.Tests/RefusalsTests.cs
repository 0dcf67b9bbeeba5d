using System;
using System.Collections.Generic;
using System.Linq;

namespace ComputeVoucher.Vouchers.Tests;

/// <summary>Numbers that travel, and what a client and a node make of them.</summary>
public sealed class RefusalsTests
{
    private static readonly int[] s_retryable =
        [110, 111, 141, 160, 161, 162, 163, 164, 202, 300, 301, 302, 303, 304, 305, 306];

    private static readonly int[] s_abusive = [170, 171];

    [Fact]
    public void Kinds_OfEveryNumber_AreFrozen()
    {
        Assert.Equal(s_retryable, NumbersWhere(Refusals.IsRetryable));
        Assert.Equal(s_abusive, NumbersWhere(Refusals.IsAbusive));
        Assert.False(((RefusalReason)999).IsRetryable() || ((RefusalReason)999).IsAbusive());
    }

    [Fact]
    public void EveryReason_HasItsLine()
    {
        IEnumerable<RefusalReason> without = Enum.GetValues<RefusalReason>()
            .Where(reason => Refusals.Describe(reason)
                .StartsWith("refused with", StringComparison.Ordinal));
        Assert.Empty(without);
        Assert.Equal("refused with reason 999", Refusals.Describe((RefusalReason)999));
    }

    private static IEnumerable<int> NumbersWhere(Func<RefusalReason, bool> holds) =>
        Enum.GetValues<RefusalReason>().Where(holds).Select(reason => (int)reason);
}
