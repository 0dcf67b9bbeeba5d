using System;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Every fault of the proxy at every method that a transaction needs, once and for ever:
/// nothing escapes, nothing is sent twice, and it ends well when the fault ends.</summary>
[Collection("anvil faults")]
[Trait("Category", "load")]
public sealed class RpcFaultTests(AnvilFixture chain) : IClassFixture<AnvilFixture>
{
    private static readonly string?[] s_methods =
    [
        "eth_chainId", "eth_getBlockByNumber", "eth_getTransactionCount", "eth_estimateGas",
        "eth_sendRawTransaction", "eth_getTransactionReceipt", null,
    ];

    private readonly ManualClock _clock = new();

    public static TheoryData<RpcFault> Faults => RpcProxy.Faults;

    [AnvilTheory]
    [Trait("Category", "slow")]
    [MemberData(nameof(Faults))]
    public async Task Outbox_FaultAtEveryMethod_MinedOnceAfterIt(RpcFault fault)
    {
        foreach (string? method in s_methods)
        {
            await RunAsync(fault, method, times: 1);
            await RunAsync(fault, method, times: int.MaxValue);
        }
    }

    [AnvilTheory]
    [MemberData(nameof(Faults))]
    public async Task Client_FirstEndpointFaulty_SecondAnswers(RpcFault fault)
    {
        ManualClock time = new();
        await using RpcProxy proxy = Proxy(time);
        using JsonRpcClient rpc = AnvilFixture.Client(time, proxy.Url, chain.Anvil.Url);
        proxy.Fail(null, fault);
        ulong honest = await chain.Rpc.ChainIdAsync(default);
        Assert.Equal(honest, await rpc.ChainIdAsync(default));
        Assert.NotEqual(0UL, await rpc.BlockNumberAsync(default));
    }

    [AnvilTheory]
    [InlineData(RpcFault.Refuse, ChainFault.Unreachable)]
    [InlineData(RpcFault.CloseUnsent, ChainFault.Unreachable)]
    [InlineData(RpcFault.ResetMidBody, ChainFault.Unreachable)]
    [InlineData(RpcFault.Hang, ChainFault.TimedOut)]
    [InlineData(RpcFault.DripForever, ChainFault.TimedOut)]
    [InlineData(RpcFault.Http429, ChainFault.RateLimited)]
    [InlineData(RpcFault.LimitExceeded, ChainFault.RateLimited)]
    [InlineData(RpcFault.Http500, ChainFault.Unavailable)]
    [InlineData(RpcFault.Redirect, ChainFault.Unavailable)]
    [InlineData(RpcFault.HundredMegabytes, ChainFault.TooLarge)]
    [InlineData(RpcFault.HugeLength, ChainFault.TooLarge)]
    [InlineData(RpcFault.DeepNesting, ChainFault.Malformed)]
    [InlineData(RpcFault.WrongId, ChainFault.Malformed)]
    [InlineData(RpcFault.AnswerTwice, ChainFault.Malformed)]
    [InlineData(RpcFault.NullResult, ChainFault.Malformed)]
    [InlineData(RpcFault.InternalError, ChainFault.Rejected)]
    public async Task Client_Fault_NamedInOneLine(RpcFault fault, ChainFault expected)
    {
        ManualClock time = new();
        await using RpcProxy proxy = Proxy(time);
        using JsonRpcClient rpc = AnvilFixture.Client(time, proxy.Url);
        proxy.Fail(null, fault);
        ChainException error = await Assert.ThrowsAsync<ChainException>(
            () => rpc.ChainIdAsync(default));
        Assert.Equal(expected, error.Fault);
        Assert.StartsWith(
            $"http://127.0.0.1:{proxy.Url.Port} eth_chainId: ", error.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain("\n", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A request that is stuck sees its deadline pass at once.</summary>
    private RpcProxy Proxy(ManualClock time) => new(chain.Anvil.Url)
    {
        Stuck = () => time.Advance(ChainLimits.RequestDeadline),
    };

    private async Task RunAsync(RpcFault fault, string? method, int times)
    {
        string name = $"{fault} {method} {times}";
        using PrivateKey key = await chain.NewKeyAsync();
        DyingOutboxStore store = new();
        ManualClock time = new();
        await using RpcProxy proxy = Proxy(time);
        using JsonRpcClient rpc = AnvilFixture.Client(time, proxy.Url);
        using Outbox outbox = new(rpc, store, key, AnvilFixture.Options(), _clock);
        await outbox.SubmitAsync(chain.LogRequest(name), default);
        proxy.Fail(method, fault, times);
        await outbox.StepAsync(default);
        await chain.Anvil.MineAsync();
        await outbox.StepAsync(default);
        Assert.True(outbox.Problem?.Contains('\n', StringComparison.Ordinal) != true, name);
        proxy.Heal();
        for (int i = 0; i < 8 && store.List().Any(r => r.IsOpen); i++)
        {
            _clock.Advance(2);
            await outbox.StepAsync(default);
            await chain.Anvil.MineAsync();
        }

        OutboxEntry item = store.List()[0];
        if (item.State == OutboxState.Abandoned)
        {
            // Only an EVM revert abandons, and no fault of this table is one.
            Assert.Fail($"{name}: abandoned, {item.Note}");
        }

        Assert.True(item.State == OutboxState.Final, $"{name}: {item.State}, {outbox.Problem}");
        Assert.Equal(OutboxOutcome.Succeeded, item.Outcome);
        Assert.Equal(1, await chain.LogCountAsync(name));
        Assert.Equal(1UL, await chain.Rpc.NonceAsync(key.Address, BlockTag.Latest, default));
    }
}
