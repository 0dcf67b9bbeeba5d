using System;
using System.Globalization;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client.Tests;

/// <summary>Who orders of a node whose bond leaves (attack a05) is not paid for what goes wrong.
/// </summary>
[Trait("Category", "load")]
public sealed class NodeBondTests : HttpMessageHandler
{
    private const ulong Day = 86_400;
    private const ulong Deadline = 1_000_000;

    /// <summary>Token and court are told apart.</summary>
    private static readonly VoucherClass s_class = new(
        Given.NodeKey.Address, 1, 2, 3, 4, 5, 6, default, Given.SpendKey.Address);

    private readonly ManualClock _clock = new();
    private ulong _amount = 5;
    private ulong _exitAt;
    private bool _isAway;
    private string _asked = "";
    private int _calls;

    [Theory]
    [InlineData(5, 0, true)]
    [InlineData(0, 0, false)]
    [InlineData(5, Deadline + 30 * Day, true)]
    [InlineData(5, Deadline + 30 * Day - 1, false)]
    [InlineData(5, 1, false)]
    [InlineData(5, (1UL << 40) - 1, true)]
    public async Task Order_WantsABondThatStays(ulong amount, ulong exitAt, bool isSigned)
    {
        (_amount, _exitAt) = (amount, exitAt);
        using JsonRpcClient rpc = Rpc();
        using NodeBond bond = Of(rpc);
        Exception? refused = await Record.ExceptionAsync(
            () => bond.RequireAsync(Deadline, default));
        Assert.Equal(isSigned, refused is null);
        Assert.True(isSigned || refused is ClientException, $"{refused}");

        // The bond of the class's token before the class's court, of the channel's node.
        string[] named =
        [
            Given.NodeKey.Address.ToString(), s_class.Token.ToString(), s_class.Court.ToString(),
        ];
        string data = _asked.ToUpperInvariant();
        Assert.All(named, one => Assert.Contains(
            one[2..].ToUpperInvariant(), data, StringComparison.Ordinal));
        Assert.EndsWith(s_class.Court.ToString()[2..].ToUpperInvariant(), data,
            StringComparison.Ordinal);
    }

    /// <summary>It is not read for each order, and an exit is seen a minute later.</summary>
    [Fact]
    public async Task Exit_IsSeenWithinAMinute()
    {
        using JsonRpcClient rpc = Rpc();
        using NodeBond bond = Of(rpc);
        await bond.RequireAsync(Deadline, default);
        _exitAt = 1;
        _clock.Advance(TimeSpan.FromSeconds(59));
        await bond.RequireAsync(Deadline, default);
        Assert.Equal(1, _calls);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<ClientException>(() => bond.RequireAsync(Deadline, default));
        Assert.Equal(2, _calls);
    }

    /// <summary>Who cannot look does not order.</summary>
    [Fact]
    public async Task ChainThatIsAway_NothingIsOrdered()
    {
        _isAway = true;
        using JsonRpcClient rpc = Rpc();
        using NodeBond bond = Of(rpc);
        Exception refused = await Assert.ThrowsAsync<ClientException>(
            () => bond.RequireAsync(Deadline, default));
        Assert.Contains("cannot be read", refused.Message, StringComparison.Ordinal);
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _calls++;
        if (_isAway)
        {
            throw new HttpRequestException("nobody there");
        }

        using JsonDocument question = JsonDocument.Parse(
            await request.Content!.ReadAsStringAsync(cancellationToken));
        JsonElement call = question.RootElement.GetProperty("params")[0];
        _asked = (call.TryGetProperty("data", out JsonElement data)
            ? data : call.GetProperty("input")).GetString()!;
        string id = question.RootElement.GetProperty("id").GetRawText();
        string answer = string.Create(CultureInfo.InvariantCulture,
            $$"""{"jsonrpc":"2.0","id":{{id}},"result":"0x{{_amount:x64}}{{_exitAt:x64}}"}""");
        return new HttpResponseMessage
        {
            Content = new StringContent(answer, Encoding.UTF8, "application/json"),
        };
    }

    private JsonRpcClient Rpc() => new(
        new RpcOptions
        {
            Endpoints = [new Uri("http://chain.test")],
            HandlerFactory = () => this,
        },
        _clock);

    private NodeBond Of(JsonRpcClient rpc) => new(
        new ProvidersContract(rpc, default), Given.NodeKey.Address, s_class, _clock);
}
