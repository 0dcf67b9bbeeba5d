using System;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Node.Tests;

/// <summary>A settlement that is handed to the node: taken once, and only where it belongs.
/// </summary>
[Trait("Category", "load")]
public sealed class SettleDeskTests : IDisposable
{
    private static readonly VoucherDomain s_domain = new(1, Named(1), Named(2));
    private static readonly Address s_token = Named(3);

    private readonly PrivateKey _key = PrivateKey.Parse(AnvilProcess.Keys[0]);
    private readonly MemoryOutboxStore _rows = new();
    private readonly JsonRpcClient _rpc;
    private readonly ManualClock _clock = new();
    private Outbox _outbox;
    private SettleDesk _desk;

    public SettleDeskTests()
    {
        _rpc = new JsonRpcClient(
            new RpcOptions { Endpoints = [new Uri("http://chain.invalid/")] }, _clock);
        Open();
    }

    public void Dispose()
    {
        _outbox.Dispose();
        _rpc.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task Settlement_IsOneOrdinaryRowHoweverOftenItIsAsked()
    {
        SettleOrder order = Order(_key.Address, Named(4));
        long first = IdOf(await AskAsync(order));
        Assert.Equal(first, IdOf(await AskAsync(order)));
        OutboxEntry row = Assert.Single(_rows.List());
        Assert.Equal(first, row.Id);
        Assert.Equal(("settle", s_domain.Vouchers), (row.Request.Kind, row.Request.To));
        Assert.Equal(VouchersContract.Settle(s_token, Named(4)), row.Request.Data);
        Assert.False(row.Request.IsUrgent);
        Assert.Null(row.Request.Purpose);
        long other = IdOf(await AskAsync(new SettleOrder(
            order.Separator, order.Account, Named(5), order.To)));
        Assert.NotEqual(first, other);
    }

    [Fact]
    public async Task Settlement_ToSomebodyElseMeanwhile_IsRefused()
    {
        await AskAsync(Order(_key.Address, Named(4)));
        await RefusedAsync(
            Order(_key.Address, Named(5)).ToString(), "outbox 1 settles this token already");
        Assert.Single(_rows.List());
    }

    [Fact]
    public async Task Settlement_BesideMinedOnes_IsOneAtATimeWhateverBecomesFinal()
    {
        SettleOrder order = Order(_key.Address, Named(4));
        long first = IdOf(await AskAsync(order));
        await MoveAsync(first, OutboxState.Mined);
        JsonElement second = await AskAsync(order);
        Assert.NotEqual(first, IdOf(second));
        Assert.True(second.GetProperty("isNew").GetBoolean());
        await MoveAsync(first, OutboxState.Final);
        JsonElement again = await AskAsync(order);
        Assert.Equal(IdOf(second), IdOf(again));
        Assert.False(again.GetProperty("isNew").GetBoolean());
        await RefusedAsync(Order(_key.Address, Named(5)).ToString(),
            $"outbox {IdOf(second)} settles this token already");
        Assert.Equal(2, _rows.List().Count);
    }

    [Fact]
    public async Task Settlement_OfAnotherAccount_IsNotTakenAndThePayerIsNamed()
    {
        JsonElement answer = await AskAsync(Order(Named(9), Named(9)));
        Assert.Equal(_key.Address.ToString(), answer.GetProperty("payer").GetString());
        Assert.False(answer.TryGetProperty("submitted", out _));
        Assert.Empty(_rows.List());
    }

    [Fact]
    public async Task Settlement_OfOtherContracts_IsRefused()
    {
        foreach (VoucherDomain other in new[]
        {
            new VoucherDomain(2, s_domain.Vouchers, s_domain.Providers),
            new VoucherDomain(1, Named(7), s_domain.Providers),
        })
        {
            await RefusedAsync(
                new SettleOrder(other.VouchersSeparator, _key.Address, s_token, Named(4))
                    .ToString(), $"it works with Vouchers {s_domain.Vouchers} of chain 1");
        }

        Assert.Empty(_rows.List());
    }

    [Fact]
    public async Task Words_FewerMoreOrOther_AreRefused()
    {
        string whole = Order(_key.Address, Named(4)).ToString();
        Assert.Equal(whole, SettleOrder.Parse(whole).ToString());
        foreach (string text in new[]
        {
            "", " ", whole + " ", whole + " x", whole[..^1], whole[1..], "x" + whole,
            whole.Replace(' ', '\t'), whole[(whole.IndexOf(' ', StringComparison.Ordinal) + 1)..],
        })
        {
            await RefusedAsync(text, "a settlement is");
        }

        Assert.Empty(_rows.List());
    }

    [Fact]
    public async Task Release_IsOneOrdinaryRowOfTheSameBatches()
    {
        ReleaseOrder order = new(s_domain.VouchersSeparator, _key.Address, [3, 18]);
        JsonElement first = await ReleaseAsync(order);
        Assert.True(first.GetProperty("isNew").GetBoolean());
        JsonElement again = await ReleaseAsync(order);
        Assert.Equal(IdOf(first), IdOf(again));
        Assert.False(again.GetProperty("isNew").GetBoolean());
        OutboxEntry row = Assert.Single(_rows.List());
        Assert.Equal(("release", s_domain.Vouchers), (row.Request.Kind, row.Request.To));
        Assert.Equal(VouchersContract.Release([3, 18]), row.Request.Data);
        Assert.False(row.Request.IsUrgent);
        Assert.Null(row.Request.Purpose);
        Assert.NotEqual(IdOf(first), IdOf(await AskAsync(Order(_key.Address, Named(4)))));
        Assert.Equal(2, _rows.List().Count);
    }

    /// <summary>The node's own is such a one: whatever both name would be paid for twice.
    /// </summary>
    [Fact]
    public async Task Release_BesideAnother_IsRefusedUntilABlockTookThat()
    {
        OutboxEntry own = await _outbox.SubmitAsync(
            new OutboxRequest
            {
                Kind = EscrowReleaser.Kind,
                Key = EscrowReleaser.NextKey(_outbox),
                To = s_domain.Vouchers,
                Data = VouchersContract.Release([18, 3, 4]),
            },
            default);
        ReleaseOrder order = new(s_domain.VouchersSeparator, _key.Address, [3, 18]);
        NodeException refused = await Assert.ThrowsAsync<NodeException>(
            () => _desk.ReleaseAsync(order.ToString(), default));
        Assert.Contains(
            $"outbox {own.Id} releases other", refused.Message, StringComparison.Ordinal);
        Assert.Single(_rows.List());

        await MoveAsync(own.Id, OutboxState.Mined);
        JsonElement same = await ReleaseAsync(
            new ReleaseOrder(s_domain.VouchersSeparator, _key.Address, [18, 3, 4]));
        Assert.Equal(own.Id, IdOf(same));
        JsonElement taken = await ReleaseAsync(order);
        Assert.True(taken.GetProperty("isNew").GetBoolean());
        Assert.NotEqual(own.Id, IdOf(taken));
        Assert.Equal(2, _rows.List().Count);
    }

    [Fact]
    public async Task Release_OfOthersOrMisspelt_IsNotTaken()
    {
        JsonElement answer = await ReleaseAsync(
            new ReleaseOrder(s_domain.VouchersSeparator, Named(9), [1]));
        Assert.Equal(_key.Address.ToString(), answer.GetProperty("payer").GetString());
        string most = new ReleaseOrder(s_domain.VouchersSeparator, _key.Address,
            [.. Enumerable.Repeat(ulong.MaxValue, ChainLimits.ReleaseBatchesMax)]).ToString();
        Assert.Equal(most, ReleaseOrder.Parse(most).ToString());
        string none = most[..most.IndexOf(' ', most.IndexOf(' ', StringComparison.Ordinal) + 1)];
        foreach (string text in new[]
        {
            "", none, none + " ", none + " x", none + " -1", none + " 1 ", most + " 1", most + "0",
        })
        {
            NodeException refused = await Assert.ThrowsAsync<NodeException>(
                () => _desk.ReleaseAsync(text, default));
            Assert.Contains("a release is", refused.Message, StringComparison.Ordinal);
        }

        VoucherDomain other = new(2, s_domain.Vouchers, s_domain.Providers);
        await Assert.ThrowsAsync<NodeException>(() => _desk.ReleaseAsync(
            new ReleaseOrder(other.VouchersSeparator, _key.Address, [1]).ToString(), default));
        Assert.Empty(_rows.List());
    }

    /// <summary>The desk of a node that starts with the stored rows.</summary>
    [MemberNotNull(nameof(_outbox), nameof(_desk))]
    private void Open()
    {
        _outbox?.Dispose();
        _outbox = new Outbox(_rpc, _rows, _key, new OutboxOptions { ChainId = 1 }, _clock);
        _desk = new SettleDesk(_outbox, s_domain);
    }

    /// <summary>The row was signed, and a block took it.</summary>
    private async Task MoveAsync(long id, OutboxState state)
    {
        OutboxEntry row = _rows.List().Single(one => one.Id == id);
        byte[] raw = new Transaction
        {
            ChainId = 1,
            Nonce = 0,
            To = row.Request.To,
            GasLimit = 100_000,
            MaxFeePerGas = 1,
            MaxPriorityFeePerGas = 1,
            Data = row.Request.Data,
        }.Sign(_key);
        OutboxAttempt attempt = new(0, 1, 1, 100_000, Keccak256.Hash(raw), raw);
        await _rows.UpdateAsync(row with { State = state, Attempts = [attempt] }, default);
        Open();
    }

    private static Address Named(byte number)
    {
        byte[] bytes = new byte[Address.Size];
        bytes[^1] = number;
        return new Address(bytes);
    }

    private static SettleOrder Order(Address account, Address to) =>
        new(s_domain.VouchersSeparator, account, s_token, to);

    private static long IdOf(JsonElement answer) =>
        answer.GetProperty("submitted")[0].GetProperty("id").GetInt64();

    private async Task<JsonElement> AskAsync(SettleOrder order)
    {
        using JsonDocument answer = JsonDocument.Parse(
            await _desk.AnswerAsync(order.ToString(), default));
        return answer.RootElement.Clone();
    }

    private async Task<JsonElement> ReleaseAsync(ReleaseOrder order)
    {
        using JsonDocument answer = JsonDocument.Parse(
            await _desk.ReleaseAsync(order.ToString(), default));
        return answer.RootElement.Clone();
    }

    private async Task RefusedAsync(string argument, string words)
    {
        NodeException refused = await Assert.ThrowsAsync<NodeException>(
            () => _desk.AnswerAsync(argument, default));
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }
}
