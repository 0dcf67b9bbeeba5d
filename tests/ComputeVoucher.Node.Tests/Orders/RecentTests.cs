using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node.Tests;

public sealed class RecentTests
{
    private static readonly Bytes32 s_a = Keccak256.Hash("a"u8);
    private static readonly Bytes32 s_b = Keccak256.Hash("b"u8);
    private static readonly Bytes32 s_c = Keccak256.Hash("c"u8);

    [Fact]
    public void Put_BeyondTheBytes_TheLongestUnaskedLeaves()
    {
        Recent<int> recent = new(3000);
        recent.Put(s_a, 1, 1000);
        recent.Put(s_b, 2, 1000);
        Assert.True(recent.TryGet(s_a, out _));
        recent.Put(s_c, 3, 1000);
        Assert.False(recent.TryGet(s_b, out _));
        Assert.True(recent.TryGet(s_a, out int a));
        Assert.True(recent.TryGet(s_c, out int c));
        Assert.Equal((1, 3), (a, c));
        Assert.InRange(recent.Bytes, 2000, 3000);
    }

    [Fact]
    public void Put_MoreThanAll_IsNotKeptAndCostsNothing()
    {
        Recent<int> recent = new(3000);
        recent.Put(s_a, 1, 1000);
        recent.Put(s_b, 2, 3000);
        Assert.False(recent.TryGet(s_b, out _));
        Assert.True(recent.TryGet(s_a, out _));
    }

    [Fact]
    public void Put_Twice_CountsOnce()
    {
        Recent<int> recent = new(3000);
        recent.Put(s_a, 1, 1000);
        long once = recent.Bytes;
        recent.Put(s_a, 1, 1000);
        Assert.Equal(once, recent.Bytes);
    }
}
