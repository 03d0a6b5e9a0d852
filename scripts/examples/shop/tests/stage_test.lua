-- Who sees what on the stage through a winter, as the marketing calendar has it: everything live, the clock decides.
cases "calendar" { rows "stage.csv" }
