import { main } from '../cli.ts';
import { runProcess } from '../effects.ts';

void runProcess(main);
