using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.TestKit;

/// <summary>The pool, and blocks that hold redemptions and transfers.</summary>
public sealed partial class SimulatedChain
{
    // Gas of a redemption, of each of its rows, and of anything else.
    private const ulong BatchGas = 80_000;
    private const ulong RowGas = 13_000;
    private const ulong TransferGas = 21_000;

    // Wei per gas that blocks are paid beside the base fee.
    private const ulong Tip = 1_000_000_000;

    // A pool takes a replacement that pays a tenth more in both fees (geth PriceBump).
    private const uint BumpPercent = 110;

    private const string Reverted =
        """{"code":3,"message":"execution reverted","data":"0x"}""";

    private readonly List<SimulatedTransaction> _pool = [];
    private readonly Dictionary<Bytes32, SimulatedTransaction> _taken = [];
    private readonly List<SimulatedTransaction> _mined = [];

    /// <summary>The class whose redemptions are carried out; null mines no transaction.</summary>
    public VoucherClass? Settles { get; set; }

    /// <summary>Wei per gas of the next blocks.</summary>
    public ulong BaseFee { get; set; } = 1;

    /// <summary>Transactions in blocks, in their order.</summary>
    public IReadOnlyList<SimulatedTransaction> Mined => _mined;

    /// <summary>Told of every transaction that an endpoint is offered, the first time.</summary>
    public Action<SimulatedTransaction>? Offered { get; set; }

    /// <summary>Token base units that so many cumulative units of the class have paid.</summary>
    public UInt128 Payout(UInt128 units) =>
        Settles is { } terms ? units * terms.UnitPrice / 1_000_000_000 : 0;

    private string? Refusal(string method, JsonElement parameters, SimulatedView view)
    {
        bool isSimulated = method == "eth_estimateGas" || (method == "eth_call"
            && VouchersAbi.RedeemBatch.Selector.Starts(DataOf(parameters)));
        return method switch
        {
            "eth_sendRawTransaction" =>
                Offer(Hex.Decode(parameters[0].GetString()!), view) is { } words
                    ? $$"""{"code":-32000,"message":"{{words}}"}"""
                    : null,
            "eth_call" when NumberOf(parameters[1].GetString()!, view) > HeadOf(view) =>
                """{"code":-32000,"message":"header not found"}""",
            _ => isSimulated && view.SaysReverted ? Reverted : null,
        };
    }

    /// <summary>What the endpoint says against it; null where it calls it taken.</summary>
    private string? Offer(byte[] raw, SimulatedView view)
    {
        Sent.Add(raw);
        if (Settles is null)
        {
            return null;
        }

        Bytes32 hash = Keccak256.Hash(raw);
        if (!_taken.TryGetValue(hash, out SimulatedTransaction? offered))
        {
            offered = new SimulatedTransaction(
                hash, SignedBytes.Read(raw, out Address from), from, Head);
            _taken.Add(hash, offered);
            Offered?.Invoke(offered);
        }

        return view.RefusesTransactions is { } words ? words
            : view.KeepsTransactions ? null
            : Enter(offered);
    }

    private string? Enter(SimulatedTransaction offered)
    {
        if (_pool.Contains(offered))
        {
            return "already known";
        }

        if (offered.Body.Nonce < NonceAt(offered.From, Head))
        {
            return "nonce too low";
        }

        SimulatedTransaction? other = _pool.Find(
            one => one.From == offered.From && one.Body.Nonce == offered.Body.Nonce);
        if (other is not null && !offered.IsDearerThan(other, BumpPercent))
        {
            return "replacement transaction underpriced";
        }

        _pool.Remove(other!);
        _pool.Add(offered);
        return null;
    }

    private void Include()
    {
        foreach (SimulatedTransaction one in _pool.OrderBy(one => one.Body.Nonce).ToArray())
        {
            bool isNext = one.Body.Nonce == NonceAt(one.From, Head);
            if (isNext && one.MaxFee >= BaseFee)
            {
                _pool.Remove(one);
                _mined.Add(one);
                Execute(one);
            }
        }
    }

    private void Execute(SimulatedTransaction one)
    {
        ulong needed = GasOf(one.Body.Data);
        one.Block = Head;
        one.GasUsed = Math.Min(needed, one.Body.GasLimit);
        one.Price = UInt128.Min(one.MaxFee, BaseFee + one.Tip);
        one.IsSuccess = needed <= one.Body.GasLimit;
        bool isRedemption = VouchersContract.TryReadRedeemBatch(
            one.Body.Data, out Bytes32 classId, out Address node, out RedeemRow[] rows);
        one.HasEnded = rows.Length > 0 && rows.All(
            row => Amounts(row.TermsOf(node, classId).HashStruct()).IsClosed);
        if (!one.IsSuccess || one.Body.To != domain.Vouchers || !isRedemption)
        {
            return;
        }

        List<Move> moves = MovesOf(one.Body.Data, Head);
        UInt128 bitmap = 0;
        UInt128 paid = 0;
        foreach (Move move in moves)
        {
            ChannelAmounts before = AmountsAt(move.Channel, Head);
            bitmap |= UInt128.One << move.Row;
            paid += Payout(move.To) - Payout(before.Redeemed);
            one.Units += move.To - before.Redeemed;
            _channels[move.Channel].Add((Head, before with { Redeemed = move.To }));
        }

        one.Paid = paid;
        byte[] data = new AbiWriter().Write(bitmap).Write(one.Units).Write(paid).ToArray();
        string[] topics = [Word(default), classId.ToString(), Word(default)];
        one.Log = LogOf(Head, BatchRedeemedEvent.Topic, topics, data, one.Hash);
        _logs.Add((Head, BatchRedeemedEvent.Topic, one.Log));
    }

    private string Simulation(byte[] call, ulong block, SimulatedView view)
    {
        UInt128 bitmap = 0;
        UInt128 paid = 0;
        foreach (Move move in view.SaysIdle ? [] : MovesOf(call, block))
        {
            bitmap |= UInt128.One << move.Row;
            paid += Payout(move.To) - Payout(AmountsAt(move.Channel, block).Redeemed);
        }

        return $"\"{Hex.Encode(new AbiWriter().Write(0UL).Write(bitmap).Write(paid).ToArray())}\"";
    }

    /// <summary>The rows of a redemption that move their channel. No signature is looked at.
    /// </summary>
    private List<Move> MovesOf(byte[] data, ulong block)
    {
        List<Move> moves = [];
        VouchersContract.TryReadRedeemBatch(
            data, out Bytes32 classId, out Address node, out RedeemRow[] rows);
        for (int i = 0; i < rows.Length; i++)
        {
            Bytes32 id = rows[i].TermsOf(node, classId).HashStruct();
            ChannelAmounts now = AmountsAt(id, block);
            UInt128 to = UInt128.Min(rows[i].CumUnits, now.Locked);
            if (!now.IsClosed && to > now.Redeemed)
            {
                moves.Add(new Move(i, id, to));
            }
        }

        return moves;
    }

    private static ulong GasOf(byte[] data) =>
        VouchersContract.TryReadRedeemBatch(data, out _, out _, out RedeemRow[] rows)
            ? BatchGas + (RowGas * (ulong)rows.Length)
            : TransferGas;

    private static byte[] DataOf(JsonElement parameters) =>
        Hex.Decode(parameters[0].GetProperty("input").GetString()!);

    private ulong NonceAt(Address account, ulong block) =>
        (ulong)_mined.Count(one => one.From == account && one.Block <= block);

    private ulong Count(JsonElement parameters, SimulatedView view)
    {
        Address account = Address.Parse(parameters[0].GetString()!);
        string tag = parameters[1].GetString()!;
        ulong block = tag == "pending" ? HeadOf(view) : NumberOf(tag, view);
        ulong count = NonceAt(account, Math.Min(block, HeadOf(view)));
        while (tag == "pending" && !view.HidesTransactions
            && _pool.Exists(one => one.From == account && one.Body.Nonce == count))
        {
            count++;
        }

        return count + view.NonceLead;
    }

    private ulong TipOf(SimulatedView view) => view.Price ?? (Settles is null ? 1 : Tip);

    private string HistoryOf(SimulatedView view) => Settles is null
        ? "{}"
        : $$"""
          {"reward":[[{{Quantity(TipOf(view))}},{{Quantity(TipOf(view))}}]],
          "gasUsedRatio":[0.5]}
          """;

    private SimulatedTransaction? Known(JsonElement parameters, SimulatedView view) =>
        view.HidesTransactions ? null
        : _taken.GetValueOrDefault(Bytes32.Parse(parameters[0].GetString()!));

    private string ReceiptOf(JsonElement parameters, SimulatedView view) =>
        Known(parameters, view) is not { Block: > 0 } one || one.Block > HeadOf(view)
            ? "null"
            : $$"""
              {"transactionHash":"{{one.Hash}}","blockNumber":{{Quantity(one.Block)}},
              "blockHash":"{{HashOf(one.Block)}}","transactionIndex":"0x0",
              "from":"{{Hex.Encode(one.From.Span)}}",
              "to":"{{Hex.Encode(one.Body.To!.Value.Span)}}","contractAddress":null,
              "status":"{{(one.IsSuccess ? "0x1" : "0x0")}}",
              "gasUsed":{{Quantity(one.GasUsed)}},
              "effectiveGasPrice":{{Quantity((ulong)one.Price)}},"logs":[{{one.Log}}]}
              """;

    private string DescriptionOf(JsonElement parameters, SimulatedView view)
    {
        if (Known(parameters, view) is not { } one || (one.Block == 0 && !_pool.Contains(one)))
        {
            return "null";
        }

        bool isMined = one.Block > 0 && one.Block <= HeadOf(view);
        string block = isMined
            ? $"\"blockNumber\":{Quantity(one.Block)},\"blockHash\":\"{HashOf(one.Block)}\""
            : "\"blockNumber\":null";
        return $$"""
            {"hash":"{{one.Hash}}",{{block}},"from":"{{Hex.Encode(one.From.Span)}}",
            "to":"{{Hex.Encode(one.Body.To!.Value.Span)}}",
            "nonce":{{Quantity(one.Body.Nonce)}},"value":"0x0",
            "gas":{{Quantity(one.Body.GasLimit)}},"input":"{{Hex.Encode(one.Body.Data)}}"}
            """;
    }

    /// <summary>A row that redeems its channel up to so many units.</summary>
    private readonly record struct Move(int Row, Bytes32 Channel, UInt128 To);
}
