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

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":"1","result":"0x7"}""")]
    [InlineData("""{"id":1,"result":"0x7"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":"0x007","error":null}""")]
    [InlineData("\ufeff{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x7\"}")]
    public void Response_AsSomeGatewaysWriteIt_Read(string json) => Assert.Equal(
        7UL, RpcEnvelope.Response(
            Encoding.UTF8.GetBytes(json), 1, r => JsonScalar.ReadUInt64(r, "n")));

    // geth, OpenEthereum and Nethermind, Hardhat now and before, Filecoin.
    [Theory]
    [InlineData(3, "execution reverted", "\"0x2c5211c6\"", true)]
    [InlineData(-32015, "VM execution error.", "\"Reverted 0x2c5211c6\"", true)]
    [InlineData(-32000, "transaction reverted", "null", false)]
    [InlineData(-32603, "VM Exception: reverted with a custom error",
        """{"message":"reverted","txHash":"0x11","data":"0x2c5211c6"}""", true)]
    [InlineData(-32603, "VM Exception while processing transaction: revert",
        """{"0x11":{"error":"revert","program_counter":1,"return":"0x2c5211c6"}}""", true)]
    [InlineData(11, "message execution failed: exit 33, revert reason: none", "null", false)]
    public void Error_RevertInAnyWording_IsARevert(
        int code, string message, string data, bool hasData)
    {
        ChainException error = ErrorOf(code, message, data);
        Assert.Equal(ChainFault.Reverted, error.Fault);
        Assert.Equal(hasData ? 4 : 0, error.RevertData.Length);
    }

    [Theory]
    [InlineData(-32016, "over rate limit", ChainFault.RateLimited)]
    [InlineData(-32000, "Your app has exceeded its compute units per second capacity",
        ChainFault.RateLimited)]
    [InlineData(-32000, "missing trie node", ChainFault.Rejected)]
    [InlineData(-32000, "nonce too low", ChainFault.Rejected)]
    public void Error_OtherWordings_Told(int code, string message, ChainFault fault) =>
        Assert.Equal(fault, ErrorOf(code, message, "null").Fault);

    private static ChainException ErrorOf(int code, string message, string data)
    {
        string json = $$$"""
            {"jsonrpc":"2.0","id":1,"error":{"code":{{{code}}},"message":"{{{message}}}",
            "data":{{{data}}}}}
            """;
        return Assert.Throws<ChainException>(
            () => RpcEnvelope.Response(Encoding.UTF8.GetBytes(json), 1, _ => 0));
    }
}
