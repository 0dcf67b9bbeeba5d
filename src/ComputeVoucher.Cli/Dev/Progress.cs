using System;
using System.Threading;

namespace ComputeVoucher.Cli;

/// <summary>
/// What a long command does now, on standard error: lines that stay, and on a terminal one line
/// that moves.
/// </summary>
internal sealed class Progress(bool isTerminal)
{
    private const string EraseLine = "\r\e[K";

    /// <summary>A terminal shows no more, and takes no more.</summary>
    private static readonly TimeSpan s_redraw = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private long _drawn;
    private bool _isDrawn;

    /// <summary>The step, for the line that says where it failed.</summary>
    public string Step { get; private set; } = "";

    /// <summary>A step with a line that stays.</summary>
    public void Say(string step)
    {
        lock (_lock)
        {
            Erase();
            Console.Error.WriteLine(step);
            Step = step;
        }
    }

    /// <summary>A step that leaves no line.</summary>
    public void Begin(string step)
    {
        lock (_lock)
        {
            Step = step;
            Draw($"{step} …");
        }
    }

    public void Count(int done, int of)
    {
        lock (_lock)
        {
            if (TimeProvider.System.GetElapsedTime(_drawn) > s_redraw)
            {
                Draw($"{done:N0} of {of:N0}");
            }
        }
    }

    /// <summary>Leaves the screen to what comes next.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            Erase();
        }
    }

    private void Draw(string text)
    {
        if (isTerminal)
        {
            Console.Error.Write(EraseLine + text);
            _drawn = TimeProvider.System.GetTimestamp();
            _isDrawn = true;
        }
    }

    private void Erase()
    {
        if (_isDrawn)
        {
            Console.Error.Write(EraseLine);
            _isDrawn = false;
        }
    }
}
