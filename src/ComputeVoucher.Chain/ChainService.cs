using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;

namespace ComputeVoucher.Chain;

/// <summary>A node's side of the chain: endpoints compared, channels mirrored, acks redeemed,
/// transactions carried through.</summary>
/// <remarks>One caller drives <see cref="StepAsync"/>, every second or so; the rest may be read
/// from any thread.</remarks>
public sealed class ChainService
{
    private const string Unseen = "the chain was not read for too long";
    private const string Judging = "the chain is read; transactions are looked at";

    private readonly EndpointGuard _guard;
    private readonly ChainServiceOptions _options;
    private readonly TimeProvider _time;
    private long? _guardedAt;
    private long _mirroredAt = long.MinValue;
    private volatile ChainHealth _health = new(false, null, 0);

    public ChainService(
        EndpointGuard guard,
        ChannelMirror mirror,
        Redeemer redeemer,
        Outbox outbox,
        ChainServiceOptions options,
        TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(guard);
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(redeemer);
        ArgumentNullException.ThrowIfNull(outbox);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _guard = guard;
        Mirror = mirror;
        Redeemer = redeemer;
        Outbox = outbox;
        _options = options;
        _time = time;
    }

    public ChannelMirror Mirror { get; }

    public Redeemer Redeemer { get; }

    public Outbox Outbox { get; }

    /// <summary>Null where no class has an escrow.</summary>
    public EscrowReleaser? Releaser { get; init; }

    /// <summary>One line on what works, and should not be left as it is; null where there is
    /// nothing.</summary>
    public string? Notice => Mirror.Notice ?? _guard.Notice;

    /// <summary>Whether new orders may be accepted, and the most important line about it.
    /// </summary>
    public ChainHealth Health
    {
        get
        {
            // A pass may take minutes, in its deadlines or with channels that are new: age and
            // progress count when they are asked for.
            ChainHealth seen = _health;
            return seen.IsAccepting && IsMirrored
                ? seen
                : seen with { IsAccepting = false, Problem = seen.Problem ?? Unmirrored };
        }
    }

    private string Unmirrored => Mirror.Progress ?? (IsMirrored ? Judging : Unseen);

    private bool IsMirrored
    {
        get
        {
            long at = Volatile.Read(ref _mirroredAt);
            return at != long.MinValue && _time.GetElapsedTime(at) < _options.MirrorAgeMax;
        }
    }

    /// <summary>One pass over everything. Throws only what the store throws, and
    /// <see cref="OperationCanceledException"/>.</summary>
    public async Task<ChainStep> StepAsync(CancellationToken cancel)
    {
        TimeSpan every = _guard.Health.IsAccepting && _guard.Health.Problem is null
            ? _options.GuardEvery
            : _options.GuardRetryEvery;
        if (_guardedAt is not long guarded || _time.GetElapsedTime(guarded) >= every)
        {
            await _guard.CheckAsync(cancel).ConfigureAwait(false);
            _guardedAt = _time.GetTimestamp();
        }

        MirrorStep mirror = await Mirror.StepAsync(cancel).ConfigureAwait(false);
        if (Mirror.Problem is null && mirror.IsWhole)
        {
            Volatile.Write(ref _mirroredAt, _time.GetTimestamp());
        }

        List<OutboxEntry> submitted = [];
        if (!Outbox.IsStopped)
        {
            submitted.AddRange(await Redeemer.StepAsync(false, cancel).ConfigureAwait(false));
            await ReleaseAsync(submitted, cancel).ConfigureAwait(false);
        }

        IReadOnlyList<OutboxChange> changes = await Outbox.StepAsync(cancel)
            .ConfigureAwait(false);
        foreach (OutboxChange change in changes)
        {
            Redeemer.Note(change);
        }

        _health = Judge();
        return new ChainStep(mirror, submitted, changes);
    }

    /// <summary>After the redemptions. What an endpoint does not say now, it says at the next
    /// look.</summary>
    private async Task ReleaseAsync(List<OutboxEntry> submitted, CancellationToken cancel)
    {
        if (Releaser is null || Mirror.Head is not { } head)
        {
            return;
        }

        try
        {
            await Releaser.StepAsync(head, submitted, cancel).ConfigureAwait(false);
        }
        catch (ChainException)
        {
            // The mirror asks the same endpoints and says so.
        }
    }

    private ChainHealth Judge()
    {
        ChainHealth guard = _guard.Health;
        bool isMirrored = IsMirrored;

        // An endpoint that is away for a moment stops nothing; the age of the mirror does.
        bool isAway = guard.EndpointsAlive == 0 && !_guard.IsContradicted;

        // Work whose acks nobody can redeem is not taken.
        bool isAccepting = isMirrored && (guard.IsAccepting || isAway) && !Outbox.IsStopped;
        string? stop = Outbox.IsStopped ? Outbox.Problem : null;
        string? problem = stop ?? guard.Problem ?? Mirror.Problem ?? Outbox.Problem
            ?? Redeemer.Problem;
        int alive = Math.Min(guard.EndpointsAlive, _guard.Answering);
        return new ChainHealth(isAccepting, problem, alive);
    }
}

/// <summary>How often the parts are looked after.</summary>
public sealed record ChainServiceOptions
{
    /// <summary>Between two comparisons of the endpoints, while all is well.</summary>
    public TimeSpan GuardEvery { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two comparisons while something is wrong: short enough to be back
    /// within 10 s after a fault ends.</summary>
    public TimeSpan GuardRetryEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Without a whole step of the mirror for so long, no new work is accepted: a thaw
    /// might run unseen. Far below the shortest thaw (3 days), far above an endpoint's restart.
    /// </summary>
    public TimeSpan MirrorAgeMax { get; init; } = TimeSpan.FromMinutes(30);
}

/// <summary>What one step of the service did.</summary>
/// <param name="Submitted">Redemptions and releases that were added to the outbox.</param>
public sealed record ChainStep(
    MirrorStep Mirror,
    IReadOnlyList<OutboxEntry> Submitted,
    IReadOnlyList<OutboxChange> Changes);
