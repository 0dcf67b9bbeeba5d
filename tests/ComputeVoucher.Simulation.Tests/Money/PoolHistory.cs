using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Simulation.Tests;

/// <summary>
/// Some hours of a node with three endpoints, of which at any time one may lag, lie or freeze, for
/// a while also with nobody there to contradict it, and of holders who acknowledge, thaw and
/// withdraw; gas is cheap, dear or beyond every cap. One seed decides everything.
/// </summary>
internal sealed class PoolHistory : IDisposable
{
    /// <summary>Seconds between two blocks, as <see cref="SimulatedChain"/> has them.</summary>
    private const int BlockSeconds = 12;

    // Three hours: of a thaw of days it is a tenth and less, so harder than any real class.
    private const ulong ThawSeconds = 10_800;

    // A mirror that is not whole goes on at once, as the node's pump has it.
    private const int StepsPerPoll = 3;

    // Of a stormy history gas is beyond every cap from so many steps before the last thaws on, and
    // what is acknowledged then is lost: the only loss that is allowed.
    private const int StormSteps = 20;

    // Blocks for which nobody contradicts a lie about credit, at most: the others are away.
    private const int AloneBlocks = 20;

    private const int Channels = 3;
    private const ulong Gwei = 1_000_000_000;

    // From a chain without traffic to more than any urgent cap allows.
    private static readonly ulong[] s_prices =
        [Gwei / 100, Gwei, 8 * Gwei, 40 * Gwei, 2_000 * Gwei];

    private readonly VoucherDomain _domain = new(
        31337, new Address(Keccak256.Hash("vouchers"u8).Span[12..]), default);

    private readonly VoucherClass _class = new(
        default, 2_000_000, 4_000_000_000, (uint)ThawSeconds, 0, 0, 0, default, default);

    private readonly Prng _random;
    private readonly ManualClock _clock = new();
    private readonly SimulatedChain _chain;
    private readonly List<SimulatedView> _views = [new(), new(), new()];
    private readonly List<ChannelTerms> _channels = [];
    private readonly PoolNode _node;
    private readonly PoolPromises _promises;
    private (PoolFault Fault, SimulatedView View, ulong Head)? _fault;
    private ChannelTerms _victim;
    private ulong _aloneUntil;
    private readonly List<string> _faults = [];
    private readonly bool _isSteady;
    private readonly bool _isStormy;
    private int _salts;

    public PoolHistory(ulong seed)
    {
        _random = new Prng(seed);
        _isSteady = _random.Chance(60);
        _isStormy = _random.Chance(25);
        _chain = new SimulatedChain(_domain, _random, failuresPercent: 1)
        {
            Settles = _class,
            BaseFee = Gwei,
            FinalLag = (ulong)_random.Between(2, 64),
        };
        _chain.Genesis = (ulong)_clock.GetUtcNow().ToUnixTimeSeconds() - BlockSeconds;
        _node = new PoolNode(_chain, _views, _domain, _class, PoolPromises.Limits, _clock);
        _promises = new PoolPromises(_chain, _node);
        for (int i = 0; i < Channels; i++)
        {
            Open();
        }

        Misbehave();
    }

    /// <summary>How often each thing happened.</summary>
    public Dictionary<string, int> Counts { get; } = [];

    /// <summary>What went wrong where, from which block on; the last few.</summary>
    public string Faults => string.Join(", ", _faults.TakeLast(6));

    /// <summary>Until every channel has ended.</summary>
    public async Task LiveAsync(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            if (_isStormy && i == steps - StormSteps)
            {
                _chain.BaseFee = s_prices[^1];
                Count("storm");
            }

            Act(_random.Below(100));
            await StepAsync(_random.Between(1, 4));
        }

        _channels.ForEach(StartThaw);
        while (_channels.Exists(terms => !Amounts(terms).IsClosed))
        {
            Act(_random.Between(80, 99));
            await StepAsync(5);
        }

        _promises.CheckEnd();
        Count("mined", _chain.Mined.Count);
        Count("saved", _promises.Saved);
        Count("lost", _promises.Lost);
        Count("ordinary", _promises.Offers.Ordinary);
        Count("urgent", _promises.Offers.Urgent);
    }

    public void Dispose() => _node.Dispose();

    private ChannelAmounts Amounts(in ChannelTerms terms) => _chain.Amounts(terms.HashStruct());

    private void Act(int what)
    {
        ChannelTerms channel = _channels[_random.Below(_channels.Count)];
        switch (what)
        {
            case < 35:
                Acknowledge(channel);
                break;
            case < 38:
                StartThaw(channel);
                break;
            case < 41 when Amounts(channel) is { ThawAt: 0 }:
                _chain.TopUp(channel, 20_000_000_000);
                Count("top-up");
                break;
            case < 42:
                Open();
                break;
            case >= 90 and < 93 when !_isStormy:
                _chain.BaseFee = s_prices[_random.Below(s_prices.Length)];
                break;
            case 93 or 94:
                _node.Restart();
                Count("restart");
                break;
            case >= 95 and < 98 when !_isSteady:
                Misbehave();
                break;
            case 98 when !_isSteady:
                _fault = null;
                break;
        }
    }

    private void Open()
    {
        _channels.Add(new ChannelTerms(
            default, PoolNode.Address, default, _class.HashStruct(),
            Keccak256.Hash([(byte)++_salts])));
        _chain.Open(_channels[^1], 100_000_000_000);
    }

    /// <summary>A holder signs for work that the node did, on the word of its own mirror.</summary>
    private void Acknowledge(in ChannelTerms terms)
    {
        Bytes32 id = terms.HashStruct();
        ChannelState? seen = _node.Store.States().FirstOrDefault(state => state.Id == id);
        if (seen is not { Row: { Status: ChannelStatus.Open, ThawAt: 0 } row })
        {
            return;
        }

        UInt128 before = seen.Ack?.CumUnits ?? 0;
        UInt128 units = before + (UInt128)(ulong)_random.Between(1, 2_000) * 10_000_000;
        if (units <= row.Locked)
        {
            _node.Store.SetAck(new Ack(id, units, 1), default);
            _promises.Acked[id] = units;
            Count("ack");
        }
    }

    private void StartThaw(ChannelTerms terms)
    {
        if (Amounts(terms) is { ThawAt: 0 })
        {
            ulong now = _chain.Genesis + (BlockSeconds * (_chain.Head + 1));
            _chain.Thaw(terms, now + ThawSeconds);
            Count("thaw");
        }
    }

    /// <summary>Another endpoint, or the same one, does something else wrong; the rest is honest.
    /// </summary>
    private void Misbehave()
    {
        PoolFault[] all = Enum.GetValues<PoolFault>();
        PoolFault fault = all[_random.Below(all.Length)];
        int endpoint = _random.Below(_views.Count);
        _fault = (fault, _views[endpoint], _chain.Head);
        _victim = _channels[_random.Below(_channels.Count)];
        bool isAlone = fault.IsOfCredit() && _random.Chance(50);
        _aloneUntil = isAlone ? _chain.Head + (ulong)_random.Between(1, AloneBlocks) : 0;
        _faults.Add($"{fault} of {endpoint} at {_chain.Head}");
        Count(fault.ToString());
        Count("alone", isAlone ? 1 : 0);
    }

    private async Task StepAsync(int blocks)
    {
        for (int i = 0; i < blocks; i++)
        {
            _chain.Mine();
            ulong now = _chain.Genesis + (BlockSeconds * _chain.Head);
            foreach (ChannelTerms terms in _channels)
            {
                if (Amounts(terms) is { IsClosed: false, ThawAt: > 0 and var at } && at <= now)
                {
                    _promises.Note(terms.HashStruct());
                    _chain.Withdraw(terms);
                    Count("withdrawn");
                }
            }

            _promises.NoteBlock();
        }

        ulong time = _chain.Genesis + (BlockSeconds * _chain.Head);
        _clock.Advance((int)(time - (ulong)_clock.GetUtcNow().ToUnixTimeSeconds()));
        _views.ForEach(view => view.Heal());
        if (_fault is { } fault)
        {
            fault.Fault.Apply(fault.View, fault.Head, _chain.Head, _victim);
            _views.ForEach(
                view => view.IsAway |= view != fault.View && _chain.Head <= _aloneUntil);
        }

        for (int i = 0; i < StepsPerPoll; i++)
        {
            ChainStep step = await _node.Service.StepAsync(default);
            _promises.CheckRows();
            if (step.Mirror.IsWhole || _node.Service.Mirror.Problem is not null)
            {
                return;
            }
        }
    }

    private void Count(string what, int times = 1) =>
        Counts[what] = Counts.GetValueOrDefault(what) + times;
}
