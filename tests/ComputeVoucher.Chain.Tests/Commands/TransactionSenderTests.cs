using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>What a command sends: never called failed where it may be mined, never sent twice,
/// its hash told before it leaves.</summary>
[Trait("Category", "load")]
public sealed class TransactionSenderTests : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    private readonly ManualClock _clock = new();
    private readonly List<string> _said = [];
    private readonly PrivateKey _key = PrivateKey.Parse(AnvilProcess.Keys[0]);

    public void Dispose() => _key.Dispose();

    /// <summary>The look for the receipt meets a rate limit: the command waits, and ends well.
    /// </summary>
    [Theory]
    [InlineData("eth_getTransactionReceipt")]
    [InlineData("eth_getBlockByNumber")]
    [InlineData("eth_getTransactionCount")]
    public async Task RateLimited_AfterItWasSent_EndsWellAndIsSentOnce(string method)
    {
        ScriptedChain chain = new();
        using JsonRpcClient rpc = Connect(chain);
        using TransactionSender sender = new(rpc, _key, Options(), _clock);
        Task<TransactionReceipt> sending = SendAsync(sender);
        await RunUntilAsync(sending, () => chain.Pool.Count > 0);
        chain.Busy[method] = 5;
        await RunUntilAsync(sending, () => chain.Busy[method] == 0);
        chain.Mine(chain.Pool[0], _key.Address, Address.Zero);
        await RunUntilAsync(sending, () => sending.IsCompleted);
        Assert.Equal(chain.Head, (await sending).BlockNumber);
        Assert.Single(chain.Pool);
        Assert.Contains($"transfer {chain.Pool[0]}: waiting for a block", _said);
        Assert.Equal([$"transfer {chain.Pool[0]}"], sender.Done);
    }

    [Fact]
    public async Task NoBlockTakesIt_TimeOut_OutcomeUnknownWithItsHash()
    {
        ScriptedChain chain = new();
        using JsonRpcClient rpc = Connect(chain);
        using TransactionSender sender = new(rpc, _key, Options(), _clock);
        Task<TransactionReceipt> sending = SendAsync(sender);
        await RunUntilAsync(sending, () => sending.IsCompleted);
        OutcomeUnknownException unknown =
            await Assert.ThrowsAsync<OutcomeUnknownException>(() => sending);
        Assert.Equal(Assert.Single(chain.Pool), unknown.Hash);
        Assert.Contains($"{unknown.Hash}", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("outcome unknown", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("pays again", unknown.Message, StringComparison.Ordinal);
    }

    /// <summary>The endpoint is gone from the moment that it took the transaction.</summary>
    [Fact]
    public async Task EndpointAwayForGood_AfterItWasSent_OutcomeUnknownWithItsHash()
    {
        ScriptedChain chain = new();
        using JsonRpcClient rpc = Connect(chain);
        using TransactionSender sender = new(rpc, _key, Options(), _clock);
        Task<TransactionReceipt> sending = SendAsync(sender);
        await RunUntilAsync(sending, () => chain.Pool.Count > 0);
        chain.Busy["eth_getBlockByNumber"] = int.MaxValue;
        await RunUntilAsync(sending, () => sending.IsCompleted);
        OutcomeUnknownException unknown =
            await Assert.ThrowsAsync<OutcomeUnknownException>(() => sending);
        Assert.Equal(Assert.Single(chain.Pool), unknown.Hash);
    }

    [Fact]
    public async Task Interrupted_AfterItWasSent_SaysThatItIsOnItsWay()
    {
        ScriptedChain chain = new();
        using JsonRpcClient rpc = Connect(chain);
        using TransactionSender sender = new(rpc, _key, Options(), _clock);
        using CancellationTokenSource interrupt = new();
        Task<TransactionReceipt> sending = SendAsync(sender, interrupt.Token);
        await RunUntilAsync(sending, () => chain.Pool.Count > 0);
        await interrupt.CancelAsync();
        OutcomeUnknownException unknown =
            await Assert.ThrowsAsync<OutcomeUnknownException>(() => sending);
        Assert.Contains(
            $"{chain.Pool[0]} is on its way", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Severals_HaveTheirNumbers()
    {
        ScriptedChain chain = new();
        using JsonRpcClient rpc = Connect(chain);
        using TransactionSender sender = new(rpc, _key, Options(), _clock);
        sender.Expect(2);
        for (int i = 0; i < 2; i++)
        {
            Task<TransactionReceipt> sending = SendAsync(sender);
            await RunUntilAsync(sending, () => chain.Pool.Count > i);
            chain.Mine(chain.Pool[i], _key.Address, Address.Zero);
            await RunUntilAsync(sending, () => sending.IsCompleted);
            await sending;
            Assert.StartsWith($"transfer {i + 1}/2 0x", _said[^1], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task NoMoneyForGas_RefusedWithAccountHaveAndNeed()
    {
        ScriptedChain chain = new()
        {
            Balance = 1_000,
            Refuse = _ => "Insufficient funds for gas * price + value",
        };
        using JsonRpcClient rpc = Connect(chain);
        using TransactionSender sender = new(rpc, _key, Options(), _clock);
        Task<TransactionReceipt> sending = SendAsync(sender);
        await RunUntilAsync(sending, () => sending.IsCompleted);
        ChainException refused = await Assert.ThrowsAsync<ChainException>(() => sending);
        Assert.Equal(
            $"transfer: nothing was sent: {_key.Address} has 1000 wei (0.000000000000001 ETH) for "
                + "gas and needs up to 420000000000000 wei (0.00042 ETH) (send it "
                + "419999999999000 wei (0.000419999999999 ETH))",
            refused.Message);
    }

    private static Task<TransactionReceipt> SendAsync(
        TransactionSender sender, CancellationToken cancel = default) => Task.Run(
        () => sender.SendAsync("transfer", Address.Zero, [1], cancel), CancellationToken.None);

    private JsonRpcClient Connect(ScriptedChain chain) =>
        ScriptedChain.Connect(_clock, s_timeout, chain);

    private SenderOptions Options() => new()
    {
        ChainId = AnvilFixture.ChainId,
        Timeout = s_timeout,
        Say = _said.Add,
    };

    /// <summary>Lets the sender's pauses pass until it holds, or until it has ended.</summary>
    private Task RunUntilAsync(Task sending, Func<bool> holds) => Patience.UntilAsync(
        () =>
        {
            bool isDone = holds() || sending.IsCompleted;
            if (!isDone && _clock.Armed > 0)
            {
                _clock.Advance(TimeSpan.FromMilliseconds(500));
            }

            return isDone;
        },
        () => string.Join('\n', _said.TakeLast(5)));
}
