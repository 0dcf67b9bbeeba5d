using System.Text;

namespace ComputeVoucher.Chain.Tests;

public sealed class RpcEnvelopeTests
{
    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":1,"result":2}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"a":1,"b":2,"a":3}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":[{"a":[{"b":1,"\u0062":2}]}]}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"\ud800":1,"result":1}""")]
    public void Response_MemberTwiceOrNoText_Malformed(string json)
    {
        ChainException refused = Assert.Throws<ChainException>(
            () => RpcEnvelope.Response(Encoding.UTF8.GetBytes(json), 1, _ => 0));
        Assert.Equal(ChainFault.Malformed, refused.Fault);
    }

    [Fact]
    public void Response_SameNameInTwoObjects_Read() => Assert.Equal(3, RpcEnvelope.Response(
        """{"jsonrpc":"2.0","id":1,"result":[{"a":1},{"a":2},{"a":{"a":3}}]}"""u8.ToArray(), 1,
        result => result.GetArrayLength()));
}
