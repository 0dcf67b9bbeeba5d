using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using ComputeVoucher.Ledger;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Simulation.Tests;

/// <summary>
/// A node and two holders from one seed: orders, cancels, acks, kills, blocks and time in an order
/// that the seed decides, on one thread. What the node promised is looked for in its ledger after
/// every death.
/// </summary>
internal sealed class Life : IDisposable
{
    private const int UnansweredMax = 6;

    private readonly VoucherDomain _domain = new(
        31337, new Address(Keccak256.Hash("vouchers"u8).Span[12..]), default);

    private readonly Prng _random;
    private readonly Turns _turns = new();
    private readonly ManualClock _clock = new();
    private readonly SimulatedChain _chain;
    private readonly SimulatedNode _node;
    private readonly List<Holder> _holders = [];
    private readonly List<string> _events = [];

    public Life(ulong seed)
    {
        _random = new Prng(seed);
        _chain = new SimulatedChain(_domain, _random, failuresPercent: 3);
        _node = new SimulatedNode(_random, _turns, _clock, _chain, _domain);
        for (byte i = 0; i < 2; i++)
        {
            PrivateKey key = PrivateKey.FromBytes(Keccak256.Hash([i]).Span);
            ChannelTerms terms = new(
                key.Address, _node.Address, key.Address, _node.ClassId, Keccak256.Hash([i]));
            _holders.Add(new Holder(key, terms, _domain.VouchersSeparator));
            _chain.Open(terms, 1_000_000);
            _chain.Mine();
        }
    }

    /// <summary>How often each thing happened.</summary>
    public Dictionary<string, int> Counts { get; } = [];

    /// <summary>Everything that happened, in its order.</summary>
    public Bytes32 Log => Keccak256.Hash(Encoding.UTF8.GetBytes(string.Join('\n', _events)));

    /// <summary>So many steps, then to the end of every order.</summary>
    public void Live(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Step(_random.Below(100));
        }

        for (int i = 0; !_holders.All(holder => holder.IsSettled); i++)
        {
            Assert.True(i < 10_000, "the orders never end: " + string.Join('\n', _events[^20..]));
            Step(_random.Below(100) switch
            {
                < 20 => 30,
                < 30 => 90,
                < 40 => 80,
                _ => 50,
            });
        }

        CheckPromises();
        foreach (Holder holder in _holders)
        {
            ChannelState state = _node.Ledger!.Channel(holder.Channel)!;
            Assert.Equal(holder.Acked.Units, state.Ack!.Value.CumUnits);
            Assert.Equal(holder.Acked.Units, state.Sums.Settled);
        }
    }

    public void Dispose() => _node.Dispose();

    private void Step(int what)
    {
        if (_node.Pipeline is null)
        {
            Note("start", _node.TryStart());
            CheckPromises();
            return;
        }

        Holder holder = _holders[_random.Below(_holders.Count)];
        switch (what)
        {
            case < 20:
                Order(holder);
                break;
            case < 35:
                Repeat(holder);
                break;
            case < 76:
                Note("turn", _turns.Take(_random));
                break;
            case < 84:
                _turns.Enter(() => _ = _node.Pipeline.OnRequestAsync(holder.Ack()).AsTask());
                Note("ack", holder.Acked);
                break;
            case < 92:
                _clock.Advance(TimeSpan.FromMilliseconds(_random.Between(100, 3_000)));
                Note("clock", _chain.Requests);
                break;
            case < 94:
                _chain.Mine();
                Note("block", _chain.Head);
                break;
            case < 97:
                Cancel(holder);
                break;
            default:
                _node.Kill();
                _holders.ForEach(one => one.Disconnect());
                Note("kill", _node.Commits);
                return;
        }

        Read();
        _node.CheckPump();
    }

    private void Order(Holder holder)
    {
        bool isSeen = _node.Ledger!.Channel(holder.Channel)?.Row.Status == ChannelStatus.Open;
        if (!isSeen || holder.Unanswered >= UnansweredMax)
        {
            return;
        }

        ulong deadline = (ulong)_clock.GetUtcNow().ToUnixTimeSeconds() + 3_000;
        OrderFlags flags = _random.Chance(50) ? OrderFlags.AcceptWanted : OrderFlags.None;
        Send(holder.Order(_random.Bytes(_random.Between(1, 9)), _node.Model, deadline, flags));
    }

    /// <summary>The first order whose answer was lost or refused, again.</summary>
    private void Repeat(Holder holder)
    {
        if (holder.Orders.FirstOrDefault(o => o is { Exchange: null, Receipt: null }) is { } lost)
        {
            Send(lost);
        }
    }

    private void Send(Holder.Sent sent)
    {
        _ = _node.Pipeline!.OnOrderAsync(sent.Send()).AsTask();
        Note("order", sent.Order.HashStruct());
    }

    private void Cancel(Holder holder)
    {
        if (holder.Orders.LastOrDefault(order => order.Exchange is not null) is { } running)
        {
            _node.Pipeline!.OnCancel(running.Exchange!, holder.Cancel(running));
            Note("cancel", running.Order.Seq);
        }
    }

    private void Read()
    {
        foreach (Holder holder in _holders)
        {
            foreach (string line in holder.Read())
            {
                Note(line.Split(' ') is ["order", _, var what, ..] ? what : "stored", line);
            }
        }
    }

    /// <summary>What a holder was told is in the ledger, whatever happened since.</summary>
    private void CheckPromises()
    {
        if (_node.Ledger is not { } ledger)
        {
            return;
        }

        foreach (Holder holder in _holders)
        {
            UInt128 acked = ledger.Channel(holder.Channel)?.Ack?.CumUnits ?? 0;
            Assert.True(acked >= holder.Stored, $"{holder.Stored} were stored, {acked} are left");
            foreach (Holder.Sent sent in holder.Orders)
            {
                if (sent.Receipt is { } receipt)
                {
                    StoredOrder? kept = _node.Wait(ledger.OrderAsync(sent.Order.HashStruct()));
                    Assert.True(kept is not null, $"order {sent.Order.Seq} has a receipt, no row");
                    byte[]? again = kept.Receipt is { } row
                        ? SignedPayload.Encode(row.Receipt, row.Signature)
                        : null;
                    Assert.Equal(receipt, again ?? receipt);
                }
            }
        }
    }

    private void Note(string what, object detail)
    {
        _turns.CheckThread();
        Counts[what] = Counts.GetValueOrDefault(what) + 1;
        _events.Add($"{what} {detail} commit {_node.Commits}");
    }
}
